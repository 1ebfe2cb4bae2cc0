import { setTimeout as sleep } from "node:timers/promises";
import { expectCode, expectEqual, expectTrue } from "../../expectations.ts";
import type { LeaseOutcome, Message, Queue, QueueStats, SendOutcome } from "../queue.ts";
import { longLease, type QueueRowContext } from "./row.ts";

/** Sends, and fails unless every message was sent; gives their ids. */
export async function sendAll(
  queue: Queue,
  bodies: readonly string[],
  delaySeconds?: number,
): Promise<readonly string[]> {
  const outcomes = await queue.send(bodies.map((body) => ({ body, delaySeconds })));
  expectEqual("The number of outcomes of a send", outcomes.length, bodies.length);
  return outcomes.map((outcome, index) => idOf(outcome, `Message ${index} of a send`));
}

/** The id of a message that must have been sent. */
export function idOf(outcome: SendOutcome | undefined, what: string): string {
  if (outcome?.sent === true) return outcome.id;
  throw new Error(`${what}: expected it to be sent, but it was not.`, { cause: outcome?.error });
}

export interface ReceiveSteps {
  readonly leaseSeconds?: number;
  readonly max?: number;
}

/** Receives until there are `count` messages: an engine may give fewer at a time, but not never. */
export async function receiveCount(
  { queue, patience }: Pick<QueueRowContext, "queue" | "patience">,
  count: number,
  { leaseSeconds = longLease, max = count }: ReceiveSteps = {},
): Promise<readonly Message[]> {
  const received: Message[] = [];
  const deadline = Date.now() + patience * 1000;
  while (received.length < count) {
    expectTrue(
      `${count} messages arrive within ${patience} s (${received.length} did)`,
      Date.now() < deadline,
    );
    received.push(
      ...(await queue.receive({ max: Math.min(max, count - received.length), waitSeconds: 1, leaseSeconds })),
    );
  }
  return received;
}

/** Receives the one message that must be there. */
export async function receiveOne(
  context: Pick<QueueRowContext, "queue" | "patience">,
  leaseSeconds = longLease,
): Promise<Message> {
  const [message] = await receiveCount(context, 1, { leaseSeconds });
  if (message === undefined) throw new Error("Expected one message, but got none.");
  return message;
}

/** Looks once; fails when there is a message. */
export async function expectNothing(what: string, queue: Queue): Promise<void> {
  const received = await queue.receive({ max: 1, waitSeconds: 0, leaseSeconds: longLease });
  expectEqual(
    what,
    received.map(({ body }) => body),
    [],
  );
}

/** Fails unless the outcomes are, in order, held (true) or lost (false). */
export function expectHeld(
  what: string,
  outcomes: readonly LeaseOutcome[],
  expected: readonly boolean[],
): void {
  expectEqual(
    `${what}, held or not`,
    outcomes.map(({ held }) => held),
    expected,
  );
  for (const outcome of outcomes) if (!outcome.held) expectCode(what, "lease_lost", outcome.error);
}

/** Checks the counts of an engine whose counts are exact. */
export async function expectStats(
  queue: Queue,
  visible: number,
  leased: number,
  delayed: number,
): Promise<void> {
  if (!queue.limits.exactStats) return;
  const expected: QueueStats = { visible, leased, delayed };
  expectEqual("The queue's stats", await queue.stats(), expected);
}

/** Resolves once this machine's clock has passed `time`, in ms since 1970. */
export async function untilAfter(time: number): Promise<void> {
  while (Date.now() <= time) await sleep(time - Date.now() + 1);
}
