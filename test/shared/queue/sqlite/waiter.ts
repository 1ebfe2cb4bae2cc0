import { openSqliteQueue } from "../../../../shared/queue/sqlite/open.ts";

// Waits for two messages and tells their bodies.

const [file = ""] = process.argv.slice(2);
const queue = await openSqliteQueue({ file, queue: "tasks" });
for (const wait of ["first", "second"]) {
  const receiving = queue.receive({ max: 10, waitSeconds: 60, leaseSeconds: 60 });
  if (wait === "first") process.send?.("waiting");
  process.send?.((await receiving).map(({ body }) => body));
}
await queue[Symbol.asyncDispose]();
process.disconnect();
