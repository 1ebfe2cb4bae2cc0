import type { OutgoingMessage, Queue } from "../../../shared/queue/queue.ts";
import { openQueue } from "../product.ts";
import type { Room } from "../room.ts";
import type { Reading, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";

/** Messages of about the length of a task with one input. */
const bodyLength = 300;
/** Sends as `schedule` makes them. */
const groupSize = 1000;
const groupsAtOnce = 4;
/** Messages sent, then drained, at one go. */
const portion = 10_000;

export function createQueueScenarios(scale: number): readonly Scenario[] {
  return [createDepthScenario(scale), createSingleSendsScenario(scale)];
}

/** What a message costs must not depend on how many wait. */
function createDepthScenario(scale: number): Scenario {
  const depths = [10_000, 100_000, 1_000_000].map((depth) => depth * scale);
  const portions = Math.max(1, 10 * scale);
  return {
    name: "queue",
    settings:
      `The SQLite queue, one process, messages of ${bodyLength} bytes, on disk when a call returns. While so many wait, ` +
      `${count(portion)} more are sent (by ${count(groupSize)}, ${groupsAtOnce} calls under way) and as many received and ` +
      `deleted by hundreds, ${count(portions)} times in turn. The ratio compares what sending and draining a message takes together.`,
    async measure(room) {
      const readings: Reading[] = [];
      const costs: number[] = [];
      for (const depth of depths) {
        const found = await atDepth(room, depth, portions);
        const at = `${count(depth)} waiting`;
        readings.push(
          rate(`sends, ${at}`, found.sends, 150_000),
          rate(`drain by four receivers, ${at}`, found.drain, 100_000),
          rate(`drain by one receiver, ${at}`, found.drainByOne),
        );
        costs.push(1 / found.sends + 1 / found.drain);
      }
      const ratio = (costs.at(-1) ?? 0) / (costs[0] ?? 1);
      const name = `cost at ${count(depths.at(-1) ?? 0)} ÷ at ${count(depths[0] ?? 0)}`;
      return [...readings, { name, value: ratio, unit: "×", target: { atMost: 1.3 } }];
    },
  };
}

interface Rates {
  readonly sends: number;
  readonly drain: number;
  readonly drainByOne: number;
}

/** Messages per second. */
function atDepth(room: Room, depth: number, portions: number): Promise<Rates> {
  return room.inFreshDirectory(async (directory) => {
    await using queue = await openQueue("sqlite:queue.db", { baseDirectory: directory });
    const messages = bodies(portion);
    for (let sent = 0; sent < depth; sent += portion) await sendAll(queue, messages.slice(0, depth - sent));
    const seconds = { sends: 0, drain: 0, drainByOne: 0 };
    for (let turn = 0; turn < portions; turn += 1) {
      seconds.sends += await timed(() => sendAll(queue, messages));
      seconds.drain += await timed(() => drain(queue, 4, portion));
      await sendAll(queue, messages);
      seconds.drainByOne += await timed(() => drain(queue, 1, portion));
    }
    const total = portion * portions;
    return {
      sends: total / seconds.sends,
      drain: total / seconds.drain,
      drainByOne: total / seconds.drainByOne,
    };
  });
}

function createSingleSendsScenario(scale: number): Scenario {
  const total = 2000 * scale;
  return {
    name: "single-sends",
    settings:
      "The same queue, one message in a call: a sender that waits for each, and 64 in one process whose calls share commits.",
    measure: (room) =>
      room.inFreshDirectory(async (directory) => {
        await using queue = await openQueue("sqlite:queue.db", { baseDirectory: directory });
        const one = await perSecond(() => sendSingly(queue, 1, total / 2));
        const many = await perSecond(() => sendSingly(queue, 64, (total * 5) / 64));
        return [rate("one sender", one), rate("64 senders", many)];
      }),
  };
}

function rate(name: string, value: number, atLeast?: number): Reading {
  return { name, value, unit: "messages/s", ...(atLeast !== undefined && { target: { atLeast } }) };
}

function bodies(length: number): readonly OutgoingMessage[] {
  return Array.from({ length }, (_, index) => ({ body: String(index).padStart(bodyLength, "x") }));
}

async function sendAll(queue: Queue, messages: readonly OutgoingMessage[]): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < messages.length) {
      const group = messages.slice(next, (next += groupSize));
      const outcomes = await queue.send(group);
      if (!outcomes.every(({ sent }) => sent)) throw new Error("A message was not sent");
    }
  };
  await Promise.all(Array.from({ length: groupsAtOnce }, lane));
}

/** Several receivers, each leasing by hundreds and deleting what it leased, until so many are gone. */
async function drain(queue: Queue, receivers: number, total: number): Promise<void> {
  let wanted = total;
  const lane = async (): Promise<void> => {
    while (wanted > 0) {
      const max = Math.min(100, wanted);
      wanted -= max;
      const received = await queue.receive({ max, waitSeconds: 0, leaseSeconds: 60 });
      wanted += max - received.length;
      const deleted = await queue.delete(received.map(({ receipt }) => receipt));
      if (!deleted.every(({ held }) => held)) throw new Error("A lease was lost");
    }
  };
  await Promise.all(Array.from({ length: receivers }, lane));
}

async function sendSingly(queue: Queue, senders: number, each: number): Promise<number> {
  const messages = bodies(Math.ceil(each));
  const lane = async (): Promise<void> => {
    for (const message of messages) await queue.send([message]);
  };
  await Promise.all(Array.from({ length: senders }, lane));
  return senders * messages.length;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function count(value: number): string {
  return value.toLocaleString("en");
}
