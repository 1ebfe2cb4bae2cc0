import { batchRows } from "./contract/batches.ts";
import { idRows } from "./contract/ids.ts";
import { leaseRows } from "./contract/leases.ts";
import { operationRows } from "./contract/operations.ts";
import { receiveRows } from "./contract/receives.ts";
import type { QueueRow } from "./contract/row.ts";
import { sendRows } from "./contract/sends.ts";
import type { Queue } from "./queue.ts";

export interface QueueContractOptions {
  /** Opens a queue without messages, another one at each call. What a case opens it closes. */
  open(): Promise<Queue>;
  /** A lease that cases wait for to lapse, in seconds: the shortest that the engine measures well. Default 1. */
  readonly leaseSeconds?: number | undefined;
  /** A delay that cases wait for, in seconds. Default 1. */
  readonly delaySeconds?: number | undefined;
  /** How long a case waits for what must come, in seconds. Default 20. */
  readonly patienceSeconds?: number | undefined;
}

/** One case of the contract. `run` rejects with an error that says what was expected of what, and what came. */
export interface QueueContractCase {
  readonly name: string;
  run(): Promise<void>;
}

/**
 * The contract of {@link Queue}, for any test framework:
 *
 * ```ts
 * for (const { name, run } of queueContract({ open })) test(name, run);
 * ```
 *
 * What a queue's `limits` or missing methods say that it cannot do is not asked of it. Cases run in real time, most of
 * them in milliseconds; a few wait for a lease or a delay to end.
 */
export function queueContract(options: QueueContractOptions): readonly QueueContractCase[] {
  return [...sendRows, ...receiveRows, ...leaseRows, ...operationRows, ...idRows, ...batchRows].map(
    (row) => ({
      name: row.name,
      run: () => run(row, options),
    }),
  );
}

async function run(row: QueueRow, options: QueueContractOptions): Promise<void> {
  const { open, leaseSeconds = 1, delaySeconds = 1, patienceSeconds = 20 } = options;
  const opened: Queue[] = [];
  const openAnother = async (): Promise<Queue> => {
    const queue = await open();
    opened.push(queue);
    return queue;
  };
  try {
    await row.run({
      queue: await openAnother(),
      openAnother,
      shortLease: leaseSeconds,
      shortDelay: delaySeconds,
      patience: patienceSeconds,
    });
  } finally {
    await Promise.all(opened.map((queue) => queue[Symbol.asyncDispose]()));
  }
}
