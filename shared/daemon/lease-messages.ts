import type { MessagePort } from "node:worker_threads";
import type { HeldLease } from "./renewals.ts";

/** What the thread is started with. */
export interface LeaseThreadStart {
  readonly queueUrl: string;
  readonly baseDirectory: string;
  readonly leaseSeconds: number;
  /** Orders come and reports go here: a port that the daemon can also read while its event loop waits. */
  readonly port: MessagePort;
}

/** From the daemon to the thread. */
export type LeaseThreadOrder =
  | { readonly kind: "hold"; readonly leases: readonly HeldLease[] }
  | { readonly kind: "drop"; readonly receipts: readonly string[] }
  | { readonly kind: "close" };

/** From the thread to the daemon. */
export type LeaseThreadReport =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "renewed"; readonly leases: readonly HeldLease[] }
  | { readonly kind: "lost"; readonly receipts: readonly string[] }
  | { readonly kind: "trouble"; readonly message: string };
