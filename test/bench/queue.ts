// What the SQLite queue does on this machine, as medians of three: `node test/bench/queue.ts [MESSAGES]`.
// Messages have about 300 bytes; a send is acknowledged when it is on disk.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openQueue } from "../../shared/queue/open.ts";
import type { Queue } from "../../shared/queue/queue.ts";

const messages = Number(process.argv[2] ?? 100_000);
const rounds = 3;

/** Runs `work` on a queue of its own, `rounds` times; gives the median of what each returns. */
async function median(work: (queue: Queue) => Promise<number>): Promise<number> {
  const results: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const directory = await mkdtemp(path.join(tmpdir(), "simpletasks-bench-"));
    try {
      const queue = await openQueue("sqlite:queue.db", { baseDirectory: directory });
      results.push(await work(queue).finally(() => queue[Symbol.asyncDispose]()));
    } finally {
      await rm(directory, { recursive: true });
    }
  }
  return results.toSorted((one, other) => one - other)[Math.floor(rounds / 2)] ?? 0;
}

/** How many per second `work` did of what it returns the number of. */
async function rate(work: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const done = await work();
  return (done / (performance.now() - start)) * 1000;
}

const bodies = Array.from({ length: messages }, (_, index) => ({ body: `${"x".repeat(290)}${index}` }));

async function sendAll(queue: Queue): Promise<number> {
  return (await queue.send(bodies)).filter(({ sent }) => sent).length;
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
    for (const message of bodies.slice(0, each)) await queue.send([message]);
  };
  await Promise.all(Array.from({ length: senders }, lane));
  return senders * each;
}

const figures: readonly [string, (queue: Queue) => Promise<number>][] = [
  ["durable sends in one call", (queue) => rate(() => sendAll(queue))],
  [
    "receive 100 + delete 100, one receiver",
    async (queue) => (await sendAll(queue), rate(() => drain(queue, 1))),
  ],
  [
    "receive 100 + delete 100, four receivers",
    async (queue) => (await sendAll(queue), rate(() => drain(queue, 4))),
  ],
  ["durable sends one by one, one sender", (queue) => rate(() => sendSingly(queue, 1, 500))],
  ["durable sends one by one, 64 senders", (queue) => rate(() => sendSingly(queue, 64, 200))],
];
for (const [name, work] of figures) {
  const perSecond = await median(work);
  console.log(`${name.padEnd(44)} ${Math.round(perSecond).toLocaleString("en").padStart(10)}/s`);
}
