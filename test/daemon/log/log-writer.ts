// One process that writes a log file. `node log-writer.ts FILE NAME`; the name `exits` leaves without closing it.
import { openLogFile } from "../../../daemon/log/file.ts";

const [file = "", name = ""] = process.argv.slice(2);

const log = openLogFile({
  file,
  fileBytes: 5000,
  files: 100,
  onTrouble(error) {
    throw error;
  },
});
if (name === "exits") {
  log.write("last words\n");
  process.exit(3);
}
for (let number = 0; number < 200; number += 1) {
  log.write(`${name} ${String(number).padEnd(80)}\n`);
  if (number % 5 === 0) await log.flush();
}
await log[Symbol.asyncDispose]();
process.disconnect();
