import path from "node:path";
import { expect, test } from "vitest";
import { openSqliteQueue } from "../../../../shared/queue/sqlite/open.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { startChild } from "./children.ts";

const directory = temporaryDirectory();

test("what was acknowledged is all there after kill -9 in the middle of sends, again and again", async () => {
  const file = path.join(directory, "kills.db");
  const acknowledged = new Set<string>();
  const ids = new Set<string>();
  for (let kill = 1; kill <= 4; kill++) {
    const sender = startChild("./sender.ts", [file]);
    // Some way into its sends, another one each time.
    for (let call = 0; call < kill * 3; call++) {
      for (const id of (await sender.next()) as string[]) acknowledged.add(id);
    }
    await sender.kill();

    const queue = await openSqliteQueue({ file, queue: "sent" });
    ids.clear();
    let after: string | undefined;
    do {
      const page = (await queue.peek?.({ max: 1000, after })) ?? [];
      for (const { id } of page) ids.add(id);
      after = page.at(-1)?.id;
    } while (after !== undefined);
    expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([]);
    expect(await queue.stats()).toEqual({ visible: ids.size, leased: 0, delayed: 0 });
    await queue[Symbol.asyncDispose]();
  }
});
