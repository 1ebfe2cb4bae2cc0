import type { Room } from "./room.ts";

/** A part of the benchmark: what is measured together, because it needs the same set-up or is compared. */
export interface Scenario {
  /** One word: what `--only` takes. */
  readonly name: string;
  /** What is measured and with which settings, in a sentence or two. */
  readonly settings: string;
  /** Why it cannot be measured on this machine; undefined where it can. */
  readonly missing?: () => string | undefined;
  /** Measures once, and gives the same figures in the same order every time. */
  measure(room: Room): Promise<readonly Reading[]>;
}

/** What one round found. */
export interface Reading {
  /** Unique within its scenario. */
  readonly name: string;
  readonly value: number;
  /** What the value counts: "tasks/s", "ms". */
  readonly unit: string;
  readonly target?: Target;
}

/** What is to be reached as a median on two cores. Shown beside the figure, never asserted. */
export type Target = { readonly atLeast: number } | { readonly atMost: number } | { readonly below: number };

export function reaches(value: number, target: Target): boolean {
  if ("atLeast" in target) return value >= target.atLeast;
  return "atMost" in target ? value <= target.atMost : value < target.below;
}
