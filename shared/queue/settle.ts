import type { SimpleTasksError } from "../errors.ts";
import { queueCallError } from "./call-error.ts";
import type { CallOptions, LeaseOutcome, OutgoingMessage, Queue, Settlement } from "./queue.ts";

/**
 * Ends messages of `queue`: sends what each one's end calls for, then deletes it. One outcome per settlement, in order.
 *
 * Where the queue's transaction includes all targets of a settlement, that settlement happens wholly or not at all.
 * Elsewhere the sends come first, one call per target queue, and a message is deleted only when all its sends were
 * acknowledged: nothing is lost, but a lease that was lost, a failed send beside one that succeeded, or a crash in between
 * leaves a message that is delivered again although something of it was sent. Whoever reads the target queues must bear
 * such doubles.
 *
 * What a message's end counts is counted with its delete, what a send counts with the send.
 *
 * A settlement whose send failed keeps its message and lease; its outcome carries the send's error. One whose sends were
 * acknowledged but whose message could not be deleted is `reported`: trying again with its sends would only double them.
 *
 * @throws only what the transaction throws as a whole; nothing was sent or deleted then.
 */
export async function settle(
  queue: Queue,
  settlements: readonly Settlement[],
  options: CallOptions = {},
): Promise<readonly LeaseOutcome[]> {
  const { transaction } = queue;
  const isWhole = ({ sends }: Settlement): boolean =>
    transaction !== undefined && sends.every((send) => transaction.includes(send.queue));
  const whole = settlements.filter(isWhole);
  if (transaction !== undefined && whole.length === settlements.length) {
    return transaction.settle(settlements, options);
  }
  const inSteps = settlements.filter((settlement) => !isWhole(settlement));
  const ended = whole.length === 0 ? [] : await transaction?.settle(whole, options);
  const wholeOutcomes = (ended ?? []).values();
  const stepOutcomes = (await sendThenDelete(queue, inSteps, options)).values();
  return settlements.map((settlement) => outcomeAfter(isWhole(settlement) ? wholeOutcomes : stepOutcomes));
}

async function sendThenDelete(
  queue: Queue,
  settlements: readonly Settlement[],
  options: CallOptions,
): Promise<readonly LeaseOutcome[]> {
  const failures = await sendAll(settlements, options);
  const sent = settlements.filter((_, place) => !failures.has(place));
  const deleted = (await deleteAll(queue, sent, options)).values();
  return settlements.map((_, place): LeaseOutcome => {
    const error = failures.get(place);
    if (error !== undefined) return { held: false, error };
    const outcome = outcomeAfter(deleted);
    return outcome.held ? outcome : { ...outcome, reported: true };
  });
}

/**
 * Deletes what was sent, and counts it with the delete where the queue can. A delete that fails as a whole fails for each:
 * what was sent before it must not be forgotten.
 */
async function deleteAll(
  queue: Queue,
  settlements: readonly Settlement[],
  options: CallOptions,
): Promise<readonly LeaseOutcome[]> {
  if (settlements.length === 0) return [];
  try {
    if (queue.transaction !== undefined && settlements.some(({ counts }) => counts !== undefined)) {
      const bare = settlements.map(({ receipt, counts }) => ({ receipt, sends: [], counts }));
      return await queue.transaction.settle(bare, options);
    }
    const receipts = settlements.map(({ receipt }) => receipt);
    return await queue.delete(receipts, options);
  } catch (thrown) {
    const error = queueCallError(thrown);
    return settlements.map(() => ({ held: false, error }));
  }
}

/** Sends everything, grouped by target, and gives the first error of each settlement that had one. */
async function sendAll(
  settlements: readonly Settlement[],
  options: CallOptions,
): Promise<ReadonlyMap<number, SimpleTasksError>> {
  const byTarget = new Map<Queue, { readonly place: number; readonly message: OutgoingMessage }[]>();
  for (const [place, { sends }] of settlements.entries()) {
    for (const { queue, ...message } of sends) {
      const group = byTarget.get(queue) ?? [];
      byTarget.set(queue, group);
      group.push({ place, message });
    }
  }

  const failures = new Map<number, SimpleTasksError>();
  const fail = (place: number, error: SimpleTasksError): void => {
    if (!failures.has(place)) failures.set(place, error);
  };
  const sendGroup = async ([target, group]: readonly [
    Queue,
    readonly { place: number; message: OutgoingMessage }[],
  ]) => {
    const messages = group.map(({ message }) => message);
    try {
      const outcomes = await target.send(messages, options);
      for (const [index, { place }] of group.entries()) {
        const outcome = outcomes[index];
        if (outcome?.sent === false) fail(place, outcome.error);
      }
    } catch (thrown) {
      const error = queueCallError(thrown);
      for (const { place } of group) fail(place, error);
    }
  };
  await Promise.all(Array.from(byTarget, sendGroup));
  return failures;
}

function outcomeAfter(outcomes: Iterator<LeaseOutcome>): LeaseOutcome {
  const { value, done } = outcomes.next();
  if (done === true) throw new RangeError("the queue gave fewer outcomes than it got receipts");
  return value;
}
