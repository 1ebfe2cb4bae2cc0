// One of several processes that put the same keys with onlyIfAbsent: node put-if-absent.mjs DIRECTORY NAME ROUNDS
// Waits for a line on standard input before each round; writes the rounds it won.
import { createInterface } from "node:readline";
import { openFileBucket } from "../../../shared/bucket/file.ts";

const [directory, name, rounds] = process.argv.slice(2);
const bucket = await openFileBucket({ directory });
process.stdout.write("ready\n");
let round = 0;
for await (const _line of createInterface({ input: process.stdin })) {
  const outcome = await bucket.put(`race/${round}/key`, name, { onlyIfAbsent: true }).then(
    () => "won",
    (error) => error.code,
  );
  process.stdout.write(`${outcome}\n`);
  if (++round === Number(rounds)) break;
}
process.exit(0);
