import type { PayloadProblem } from "./payload-schema.ts";

/** A task as far as its payload can be checked. `payload` is `payload_info` as it was written, a JSON text. */
export interface TaskToCheck {
  readonly name: string;
  readonly payload: string;
}

/** Why no attempt at a task could succeed. The paths of problems lead from `payload_info` to what is wrong. */
export type TaskFault =
  | { readonly kind: "unknown_type" }
  | { readonly kind: "invalid"; readonly problems: readonly PayloadProblem[] };

export type TaskCheck = { readonly kind: "fine" } | TaskFault;
