import { once } from "node:events";
import { openSqliteQueue } from "../../../../shared/queue/sqlite/open.ts";

// One of several processes that fill and empty one queue together; tells which messages it held, and from when to when.

/** By the system-wide monotonic clock in nanoseconds. */
export interface Holding {
  readonly body: string;
  readonly from: string;
  readonly to: string;
  readonly deleted: boolean;
}

const [file = "", name = "", messages = ""] = process.argv.slice(2);
const go = once(process, "message");
process.send?.("ready");
await go;

const queue = await openSqliteQueue({ file, queue: "held" });
const bodies = Array.from({ length: Number(messages) }, (_, index) => ({ body: `${name} ${index}` }));
for (const outcome of await queue.send(bodies)) if (!outcome.sent) throw outcome.error;

const holdings: Holding[] = [];
for (let round = 0; ; round++) {
  const received = await queue.receive({ max: 7, waitSeconds: 0, leaseSeconds: 600 });
  const from = String(process.hrtime.bigint());
  if (received.length === 0) {
    const { visible, leased, delayed } = await queue.stats();
    if (visible + leased + delayed === 0) break;
    continue;
  }
  const [back, done] = [
    received.filter((_, index) => (index + round) % 3 === 0),
    received.filter((_, index) => (index + round) % 3 !== 0),
  ];
  const to = String(process.hrtime.bigint());
  const released = await queue.release(back.map(({ receipt }) => ({ receipt })));
  const deleted = await queue.delete(done.map(({ receipt }) => receipt));
  if (![...released, ...deleted].every(({ held }) => held))
    throw new Error("A lease of ten minutes was lost.");
  holdings.push(...back.map(({ body }) => ({ body, from, to, deleted: false })));
  holdings.push(...done.map(({ body }) => ({ body, from, to, deleted: true })));
}
await queue[Symbol.asyncDispose]();
process.send?.(holdings);
process.disconnect();
