// Another program that keeps a database locked until its parent goes away or says otherwise. Started by locked-queue.test.ts
// with the file and how: "writers" shuts out those who write, "everybody" also those who read.
import { DatabaseSync } from "node:sqlite";

const [, , file = "", shutsOut] = process.argv;
const database = new DatabaseSync(file, { timeout: 60_000 });
if (shutsOut === "everybody") database.exec("PRAGMA locking_mode = EXCLUSIVE");
database.exec("BEGIN EXCLUSIVE");
process.on("message", () => {
  database.exec("ROLLBACK");
  database.close();
  process.disconnect();
});
process.on("disconnect", () => process.exit());
process.send?.("locked");
