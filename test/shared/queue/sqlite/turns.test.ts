import path from "node:path";
import { expect, test } from "vitest";
import { openSqliteQueue } from "../../../../shared/queue/sqlite/open.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { startTogether } from "./children.ts";
import type { Turn } from "./turn-taker.ts";

const directory = temporaryDirectory();
const processes = 8;
const turnsEach = 100;

/** How often `other` began a transaction while `turn` waited, without having waited longer itself. */
function passes(turn: Turn, other: readonly Turn[]): number {
  const { waitingSince } = turn;
  if (waitingSince === undefined) return 0;
  return other.filter(({ ticket, began }) => {
    const meanwhile = BigInt(began) > BigInt(waitingSince) && BigInt(began) < BigInt(turn.began);
    return meanwhile && (ticket === undefined || BigInt(ticket) > BigInt(waitingSince));
  }).length;
}

test("while eight processes hammer one file, nobody who waits is passed by another more than once", async () => {
  const file = path.join(directory, "turns.db");
  const children = await startTogether(processes, "./turn-taker.ts", () => [file, String(turnsEach)]);
  const logs = (await Promise.all(children.map((child) => child.next()))) as Turn[][];

  const queue = await openSqliteQueue({ file, queue: "turns" });
  expect(await queue.stats()).toMatchObject({ visible: processes * turnsEach });
  await queue[Symbol.asyncDispose]();

  const waits = logs.flat().filter(({ waitingSince }) => waitingSince !== undefined);
  expect(waits.length).toBeGreaterThan(processes);
  for (const [index, log] of logs.entries()) {
    for (const other of logs.filter((_, position) => position !== index)) {
      expect(Math.max(...log.map((turn) => passes(turn, other)))).toBeLessThanOrEqual(1);
    }
  }
});
