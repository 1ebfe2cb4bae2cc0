import { openQueue } from "../../shared/queue/open.ts";
import type { OutgoingMessage, Queue } from "../../shared/queue/queue.ts";
import { inFreshDirectory, rate, type Measure } from "./measure.ts";

/** The SQLite queue; messages have about 300 bytes, and a send is acknowledged when it is on disk. */
export const queueMeasures: readonly Measure[] = [
  measure("queue: durable sends, all in one call", (queue, scale) => {
    const messages = bodies(100_000 * scale);
    return rate(() => sendAll(queue, messages));
  }),
  measure("queue: receive 100 + delete 100, one receiver", (queue, scale) =>
    drainAfterSending(queue, 100_000 * scale, 1),
  ),
  measure("queue: receive 100 + delete 100, four receivers", (queue, scale) =>
    drainAfterSending(queue, 100_000 * scale, 4),
  ),
  measure("queue: durable sends one by one, one sender", (queue, scale) =>
    rate(() => sendSingly(queue, 1, 500 * scale)),
  ),
  measure("queue: durable sends one by one, 64 senders", (queue, scale) =>
    rate(() => sendSingly(queue, 64, 200 * scale)),
  ),
];

function measure(name: string, work: (queue: Queue, scale: number) => Promise<number>): Measure {
  return {
    name,
    unit: "messages/s",
    run: (scale) =>
      inFreshDirectory(async (directory) => {
        await using queue = await openQueue("sqlite:queue.db", { baseDirectory: directory });
        // Awaited here: the queue is closed when this function returns.
        return await work(queue, scale);
      }),
  };
}

function bodies(count: number): readonly OutgoingMessage[] {
  return Array.from({ length: count }, (_, index) => ({ body: `${"x".repeat(290)}${index}` }));
}

async function sendAll(queue: Queue, messages: readonly OutgoingMessage[]): Promise<number> {
  return (await queue.send(messages)).filter(({ sent }) => sent).length;
}

async function drainAfterSending(queue: Queue, count: number, receivers: number): Promise<number> {
  await sendAll(queue, bodies(count));
  return rate(() => drain(queue, receivers));
}

/** Several receivers, each leasing by hundreds and deleting what it leased, until nothing is left. */
async function drain(queue: Queue, receivers: number): Promise<number> {
  const lane = async (): Promise<number> => {
    let done = 0;
    for (;;) {
      const received = await queue.receive({ max: 100, waitSeconds: 0, leaseSeconds: 60 });
      if (received.length === 0) return done;
      const deleted = await queue.delete(received.map(({ receipt }) => receipt));
      done += deleted.filter(({ held }) => held).length;
    }
  };
  const counts = await Promise.all(Array.from({ length: receivers }, lane));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function sendSingly(queue: Queue, senders: number, each: number): Promise<number> {
  const lane = async (): Promise<void> => {
    for (const message of bodies(each)) await queue.send([message]);
  };
  await Promise.all(Array.from({ length: senders }, lane));
  return senders * each;
}
