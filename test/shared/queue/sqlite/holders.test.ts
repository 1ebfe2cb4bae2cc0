import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../temporary-directory.ts";
import { startTogether } from "./children.ts";
import type { Holding } from "./holder.ts";

const directory = temporaryDirectory();
const processes = 8;
const messagesEach = 30;

test("eight processes make one file at once, fill and empty it: each message has one holder at a time, and is deleted once", async () => {
  const file = path.join(directory, "missing", "holders.db");
  const children = await startTogether(processes, "./holder.ts", (index) => [
    file,
    String(index),
    String(messagesEach),
  ]);
  const holdings = ((await Promise.all(children.map((child) => child.next()))) as Holding[][]).flat();

  const byBody = Map.groupBy(holdings, ({ body }) => body);
  expect(byBody.size).toBe(processes * messagesEach);
  for (const [body, held] of byBody) {
    const inOrder = held.toSorted((one, other) => Number(BigInt(one.from) - BigInt(other.from)));
    for (const [index, { from }] of inOrder.entries()) {
      const before = inOrder[index - 1];
      if (before !== undefined)
        expect(BigInt(before.to), `${body} has one holder at a time`).toBeLessThan(BigInt(from));
    }
    expect(held.map(({ deleted }) => deleted).filter(Boolean)).toEqual([true]);
  }
  // The line is gone with the last who waited.
  expect(readdirSync(path.dirname(file)).filter((name) => name.endsWith("-line"))).toEqual([]);
});
