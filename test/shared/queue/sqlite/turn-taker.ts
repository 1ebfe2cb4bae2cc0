import { once } from "node:events";
import { openFile } from "../../../../shared/queue/sqlite/file.ts";
import { createLine, type Line } from "../../../../shared/queue/sqlite/line.ts";
import { createStore } from "../../../../shared/queue/sqlite/store.ts";
import { createWriteLock } from "../../../../shared/queue/sqlite/write-lock.ts";

// Begins transaction after transaction on one file, as fast as its turn comes, and tells when it waited and began.

/** One transaction, by the system-wide monotonic clock in nanoseconds. */
export interface Turn {
  /** The ticket's name; names sort by age. Absent when it need not wait. */
  readonly ticket?: string;
  /** When the ticket lay in the line for all to see. */
  readonly waitingSince?: string;
  readonly began: string;
}

const [file = "", turns = ""] = process.argv.slice(2);
const store = createStore(openFile({ file, busySeconds: 30 }));
const line = createLine(`${file}-line`);
let ticket: Pick<Turn, "ticket" | "waitingSince"> = {};
const observed: Line = {
  someoneWaits: () => line.someoneWaits(),
  join() {
    const before = process.hrtime.bigint();
    const joined = line.join();
    ticket = { ticket: String(before), waitingSince: String(process.hrtime.bigint()) };
    return joined;
  },
};
const lock = createWriteLock(observed);

const go = once(process, "message");
process.send?.("ready");
await go;

const log: Turn[] = [];
for (let turn = 0; turn < Number(turns); turn++) {
  ticket = {};
  lock.acquire(
    () => store.begin(false),
    () => true,
  );
  log.push({ ...ticket, began: String(process.hrtime.bigint()) });
  store.queue("turns").send([`${process.pid}`]);
  store.commit();
}
store[Symbol.dispose]();
process.send?.(log);
process.disconnect();
