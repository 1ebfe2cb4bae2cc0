import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { batchTable } from "../../../daemon/cli/batch/list.ts";
import { openColumns } from "../../../daemon/cli/columns.ts";
import { openQueue } from "../../../shared/queue/open.ts";
import type { BatchChange } from "../../../shared/queue/queue.ts";
import { failed, task } from "../../shared/repair/reports.ts";
import { makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const [older, newer] = ["3f2504e0-4f89-11d3-9a0c-0305e82c3301", "3f2504e0-aaaa-11d3-9a0c-0305e82c3301"];

/** Two batches; of the older one tasks are queued, running, done, failed and discarded. */
async function prepare(): Promise<void> {
  const options = { baseDirectory: folder.path };
  await using tasks = await openQueue("sqlite:.simpletasks/queue.db?queue=tasks", options);
  await using errors = await openQueue("sqlite:.simpletasks/queue.db?queue=tasks-errors", options);
  const ids = Array.from({ length: 10 }, (_, id) => id);
  await tasks.send(
    ids.map((id) => ({ body: task(id, { batch: older }), counts: { batch: older, change: "scheduled" } })),
  );
  const messages = await tasks.receive({ max: 7, waitSeconds: 0, leaseSeconds: 3600 });
  await tasks.delete(messages.slice(0, 6).map(({ receipt }) => receipt));
  await errors.send(
    [4, 5].map((id) => ({ body: failed(task(id, { batch: older }), { exception: `no ${id}` }) })),
  );
  const changes = ["done", "done", "done", "failed", "failed", "failed", "discarded"] as const;
  await tasks.batches?.count(changes.map((change): BatchChange => ({ batch: older, change })));
  await tasks.send([{ body: task(0, { batch: newer }), counts: { batch: newer, change: "scheduled" } }]);
}

describe("batch list", () => {
  it("lists the newest first, with what became of their tasks", async () => {
    await prepare();
    const { out } = await folder.run(["batch", "list", "--json"]);
    const time = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(
      out
        .trim()
        .split("\n")
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([
      {
        batch: newer,
        scheduled: 1,
        queued: 1,
        running: 0,
        done: 0,
        failed: 0,
        discarded: 0,
        first_at: time,
        last_at: time,
      },
      {
        batch: older,
        scheduled: 10,
        queued: 3,
        running: 1,
        done: 3,
        failed: 2,
        discarded: 1,
        first_at: time,
        last_at: time,
      },
    ]);
    const table = await folder.run(["batch", "list"]);
    expect(table.out).toMatch(/^batch .* scheduled +queued +running +done +failed +discarded\n/);
    expect(table.out).toMatch(new RegExp(`\n${older} .* 10 +3 +1 +3 +2 +1\n$`));
  });

  it.each([
    [80, Date.now(), /^3f2504e\S*… {2}\d\d-\d\d \d\d:\d\d( +9\.99 M){6}$/],
    [80, Date.UTC(2020, 5, 5), /^3f2504e\S*… {2}2020-06-05( +9\.99 M){6}$/],
    [100, Date.UTC(2020, 5, 5), /^3f2504e\S*… {2}2020-06-05 \d\d:\d\d:\d\d( +9,999,999){6}$/],
  ])("fits %d columns with millions of tasks in every state", (room, firstAt, expected) => {
    const batches = [9_999_999, 999_999].map((all) => ({
      batch: older,
      scheduled: all,
      queued: all,
      running: all,
      done: all,
      failed: all,
      discarded: all,
      firstAt,
      lastAt: firstAt,
    }));
    const { columns, rows } = batchTable(batches, room);
    const lines = openColumns(columns, room);
    for (const row of rows) lines.measure(row);
    for (const row of [columns.map(({ title }) => title), ...rows]) {
      expect(lines.line(row).length).toBeLessThanOrEqual(room);
    }
    expect(lines.line(rows[0] ?? [])).toMatch(expected);
  });

  it("says so when there is none, and makes no queue by looking", async () => {
    const { code, err } = await folder.run(["batch", "list"]);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/^no batches in sqlite:/) });
  });
});

describe("batch show", () => {
  it("shows how far it is, which errors there were, and what to do", async () => {
    await prepare();
    const { code, out } = await folder.run(["batch", "show", "3f2504e0-4"]);
    expect(code).toBe(0);
    expect(out).toContain(`batch ${older}\n`);
    expect(out).toMatch(/█+░+ 60 % of 10 tasks\n/);
    expect(out).toMatch(/3 queued, 1 running, 3 done, 2 failed, 1 discarded\n/);
    expect(out).toMatch(/ 2 +2 .* CUT +in\/5 +no #\n/);
    expect(out).toMatch(/\n {2}running +leased by daemons, prefetched ones too\n/);
    expect(out).toContain(`
  simpletasks daemon --until-drained           runs what is queued
  simpletasks errors list --batch 3f2504e0-4   shows each failure
  simpletasks errors retry --batch 3f2504e0-4  sends the failed tasks again
`);
  });

  it("quotes an id that anybody may have written, for the terminal and for the shell", async () => {
    await using tasks = await openQueue("sqlite:.simpletasks/queue.db?queue=tasks", {
      baseDirectory: folder.path,
    });
    const batch = "x'; rm -rf ~ #\u009b31m";
    const counts = { batch, change: "scheduled" } as const;
    await tasks.send([{ body: task(0, { batch }), counts }]);
    await tasks.batches?.count([{ batch, change: "failed" }]);
    const { out } = await folder.run(["batch", "show", "x"]);
    expect(out).toContain(String.raw`simpletasks errors retry --batch 'x'\''; rm -rf ~ #\u{9b}31m'  sends`);
  });

  it("needs the beginning of one id", async () => {
    await prepare();
    for (const words of [
      ["batch", "show", "3f25"],
      ["errors", "retry", "--batch", "3f25"],
    ]) {
      expect(await folder.run(words)).toMatchObject({
        code: 2,
        err: expect.stringContaining(`2 batches begin with "3f25": ${newer}, ${older}`),
      });
    }
    expect(await folder.run(["batch", "show", "x"])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/knows no batch "x"\nhint: .*batch list/),
    });
  });
});
