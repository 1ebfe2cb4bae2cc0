import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openQueue } from "../../../shared/queue/open.ts";
import { parseTask, taskText } from "../../../shared/task/document.ts";
import { failed, strangersReport, task } from "../../shared/repair/reports.ts";
import { end, makeFolder, type Ended, type Folder } from "./command-line.ts";
import { hasTerminal, runOnTerminal } from "./on-terminal.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** Fills a queue of the folder's queue file, which needs no process. */
async function fill(name: string, bodies: readonly string[]): Promise<void> {
  await using queue = await openQueue(urlOf(name), { baseDirectory: folder.path });
  await queue.send(bodies.map((body) => ({ body })));
}

async function bodiesIn(name: string): Promise<readonly string[]> {
  await using queue = await openQueue(urlOf(name), { baseDirectory: folder.path });
  return ((await queue.peek?.({ max: 1000 })) ?? []).map(({ body }) => body);
}

const urlOf = (name: string): string => `sqlite:.simpletasks/queue.db?queue=${name}`;

async function succeed(words: readonly string[]): Promise<Ended> {
  const ended = await folder.run(words);
  expect(ended, words.join(" ")).toMatchObject({ code: 0 });
  return ended;
}

describe("from failure to done", () => {
  it("a failed task is listed, shown, retried and done, and its batch's counts follow", async () => {
    writeFileSync(
      folder.file("two.tasks.jsonl"),
      [0, 1]
        .map((id) => `{"task":"NO_OP","base_directory":"data","inputs":["in/${id}.dat"],"id":${id}}`)
        .join("\n"),
    );
    const bucket = folder.file(".simpletasks", "bucket", "data", "in");
    mkdirSync(bucket, { recursive: true, mode: 0o700 });
    writeFileSync(`${bucket}/0.dat`, "zero");
    const { batch }: { batch: string } = JSON.parse(
      (await succeed(["schedule", "two.tasks.jsonl", "--json"])).out,
    );
    const counts = async (): Promise<unknown> => {
      await using tasks = await openQueue(urlOf("tasks"), { baseDirectory: folder.path });
      return (await tasks.batches?.list())?.find((counted) => counted.batch === batch);
    };
    const daemon = ["daemon", "--until-drained", "--attempts", "1", "--workers", "1"];

    await succeed(daemon);
    expect(await counts()).toMatchObject({ batch, scheduled: 2, queued: 0, done: 1, failed: 1 });
    expect((await succeed(["errors", "list", "--batch", batch.slice(0, 8)])).out).toMatch(
      /\n *1 .* NO_OP 1 +in\/1\.dat .* fetch .*There is no object "data\/in\/1\.dat"/,
    );
    const { out } = await succeed(["errors", "show", "1"]);
    for (const line of [
      "  task      NO_OP 1",
      `  batch     ${batch}, position 1`,
      "  phase     fetch",
      "  error     SimpleTasksError object_missing",
      "\ninputs\n  data/in/1.dat\n",
      "\npayload\n  null\n",
      `
what to do
  simpletasks run --error 1                         tries it, touches nothing
  simpletasks errors retry 1                        sends it again as it is
  simpletasks errors show 1 --document > task.json  to mend it there
  simpletasks run task.json                         tries the mended task
  simpletasks errors retry 1 --with task.json       sends that in its place
  simpletasks errors discard 1                      gives it up
`,
    ]) {
      expect(out).toContain(line);
    }
    const shown = await succeed(["batch", "show", batch]);
    expect(shown.out).toMatch(/100 % of 2 tasks\n/);
    expect(shown.out).toMatch(/ 1 .* NO_OP +in\/1\.dat +There is no object "data\/in\/#\.dat"/);
    expect(shown.out).toContain(`simpletasks errors retry --batch ${batch.slice(0, 8)}`);

    writeFileSync(`${bucket}/1.dat`, "one");
    expect((await succeed(["errors", "retry", "1"])).out).toMatch(/^sent 1 task again to sqlite:/);
    expect(await counts()).toMatchObject({ queued: 1, done: 1, failed: 0 });
    await succeed(daemon);
    expect(await counts()).toMatchObject({ queued: 0, running: 0, done: 2, failed: 0, discarded: 0 });
    expect(await bodiesIn("tasks-errors")).toEqual([]);
    expect((await succeed(["done", "list", "--json", "--task", "NO_*"])).out.trim().split("\n")).toHaveLength(
      2,
    );
  });
});

describe("errors retry", () => {
  it("takes a stranger's task, and leaves what holds none", async () => {
    await fill("tasks-errors", [
      strangersReport(task(1)),
      "junk\u001b[31m",
      failed(task(3), { cutTask: true }),
    ]);
    const { code, out, err } = await folder.run(["errors", "retry", "--all"]);
    expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(/^sent 1 task again to /) });
    expect(err).toBe(
      "report 2 was not sent again: there is no task in it that could be sent again: the report names no task\n" +
        "report 3 was not sent again: there is no task in it that could be sent again: the report holds only the " +
        "beginning of its task, which was too large for the error queue\n" +
        "hint: errors retry 2 --with FILE sends a mended task document in its place\n",
    );
    expect((await bodiesIn("tasks")).map((body) => parseTask(body).id)).toEqual([1]);
    expect(await bodiesIn("tasks-errors")).toHaveLength(2);
  });

  it("sends a mended document", async () => {
    await fill("tasks-errors", [failed(task(1, { name: "CUTT", batch: "b", payload: "ä" }))]);
    const { out } = await succeed(["errors", "show", "1", "--document"]);
    expect(out).toBe(`${task(1, { name: "CUTT", batch: "b", payload: "ä" })}\n`);
    expect(await folder.run(["errors", "retry", "--all", "--with", "task.json"])).toMatchObject({ code: 2 });
    const mended = await folder.run(["errors", "retry", "1", "--with", "-", "--allow-unknown"], {
      input: out.replace("CUTT", "CUT"),
    });
    expect(mended.code).toBe(0);
    expect((await bodiesIn("tasks")).map(parseTask)).toMatchObject([
      { name: "CUT", batch: "b", redrives: 1, payload: "ä" },
    ]);
    expect(await bodiesIn("tasks-errors")).toEqual([]);
  });

  it("checks a mended document as schedule does, and leaves the report where it is", async () => {
    mkdirSync(folder.file("tasks"));
    writeFileSync(folder.file("simpletasks.json"), "{}");
    writeFileSync(
      folder.file("tasks/cut.task.ts"),
      `import { defineTask, z } from "simpletasks";
export default defineTask({ name: "CUT", payload: z.strictObject({ size: z.number() }), async execute() {} });`,
    );
    const report = failed(task(1, { payload: { size: 1 } }));
    await fill("tasks-errors", [report]);
    const mend = async (document: string, ...more: readonly string[]): Promise<Ended> => {
      writeFileSync(folder.file("task.json"), document);
      return await folder.run(["errors", "retry", "1", "--with", "task.json", ...more]);
    };
    for (const [document, said] of [
      ["{}", /^simpletasks: task\.json:1:1: task is missing\n/],
      [`[${task(1)},${task(2)}]`, /^simpletasks: task\.json: here is 2 tasks, but one is to be sent\n$/],
      [
        task(1, { payload: { size: "x", sice: 2 } }),
        /^simpletasks: task\.json:1:\d+: payload_info\.size: .*number.*\n {2}task.json:.*"sice"\n/,
      ],
      [
        task(1, { name: "CUTT" }),
        /basic_info\.name: there is no task type "CUTT"; did you mean "CUT"\?\nhint: .*--allow-unknown/,
      ],
    ] as const) {
      const refused = await mend(document);
      expect(refused, document).toEqual({ code: 1, out: "", err: expect.stringMatching(said) });
    }
    const json = await mend(task(1, { name: "CUTT" }), "--json");
    expect(JSON.parse(json.out)).toMatchObject({
      retried: 0,
      left: 1,
      mistakes: [{ code: "task_type_unknown", file: "task.json" }],
    });
    expect(await bodiesIn("tasks-errors")).toEqual([report]);
    expect(await bodiesIn("tasks")).toEqual([]);
    expect(await mend(task(1, { payload: { size: 2 } }))).toMatchObject({ code: 0, err: "" });
    expect((await bodiesIn("tasks")).map(parseTask)).toMatchObject([{ payload: { size: 2 } }]);
    expect(await bodiesIn("tasks-errors")).toEqual([]);
  });

  it("needs to be told which reports, in one way", async () => {
    for (const [words, said] of [
      [["errors", "discard"], "which reports are meant?"],
      [["errors", "retry", "1", "--all"], "either the reports' ids or filters"],
      [["errors", "retry", "--older", "1y"], '--older must be an age such as 90s, 30m, 2h or 7d, not "1y"'],
      [["errors", "discard", "--all", "--limit", "x"], "--limit must be a whole number"],
      [["errors", "list", "--limit", "0"], '--limit must be a whole number from 1, not "0"'],
      [["queue", "peek", "tasks", "--limit", "00"], '--limit must be a whole number from 1, not "00"'],
    ] as const) {
      expect(await folder.run(words), words.join(" ")).toMatchObject({
        code: 2,
        err: expect.stringContaining(said),
      });
    }
  });

  it("tells what fits no filter, which is no mistake, and ids that are not there, which are one", async () => {
    await fill("tasks-errors", [failed(task(1))]);
    expect(await folder.run(["errors", "retry", "--task", "PASTE"])).toEqual({
      code: 0,
      out: "",
      err: expect.stringMatching(/^no reports to retry in sqlite:/),
    });
    expect(await folder.run(["errors", "retry", "--older", "1h", "--json"])).toMatchObject({
      code: 0,
      out: '{"retried":0,"kept":0,"left":0}\n',
    });
    expect(await folder.run(["errors", "retry", "1", "2", "--json"])).toEqual({
      code: 1,
      out: '{"retried":1,"kept":1,"left":0}\n',
      err: "report 2 was not sent again: it is not in the error queue\n",
    });
    expect(await folder.run(["errors", "show", "1"])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/there is no report 1 in .*\nhint: .*errors list/),
    });
  });
});

describe("errors discard", () => {
  const reports = [failed(task(1)), "two\nlines", failed(task(3, { name: "PASTE" }))];

  it("prints the reports, one line of JSON each, and deletes them", async () => {
    await fill("tasks-errors", reports);
    expect(await folder.run(["errors", "discard", "1", "2", "--yes"])).toEqual({
      code: 0,
      out: `${reports[0]}\n"two\\nlines"\n`,
      err: "discarded 2 reports\n",
    });
    expect(await bodiesIn("tasks-errors")).toEqual([reports[2]]);
  });

  it("adds them to a file, from which they can be sent back", async () => {
    await fill("tasks-errors", reports);
    writeFileSync(folder.file("gone.jsonl"), "before\n");
    const ended = await folder.run(["errors", "discard", "--task", "*", "--yes", "--to", "gone.jsonl"]);
    expect(ended).toEqual({ code: 0, out: "", err: "discarded 2 reports to gone.jsonl\n" });
    expect(readFileSync(folder.file("gone.jsonl"), "utf8")).toBe(`before\n${reports[0]}\n${reports[2]}\n`);
    expect(await bodiesIn("tasks-errors")).toEqual([reports[1]]);
  });

  it("deletes nothing that nobody asked for, or that it cannot hand over", async () => {
    await fill("tasks-errors", reports);
    expect(await folder.run(["errors", "discard", "--all"])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/discard 3 reports of .*\nhint: Add --yes/),
    });
    expect(await folder.run(["errors", "discard", "--all", "--yes", "--to", "no/such/folder"])).toMatchObject(
      {
        code: 1,
        err: "simpletasks: no/such/folder: there is no such folder\n",
      },
    );
    const child = folder.start(["errors", "discard", "--all", "--yes"]);
    child.stdout.destroy();
    expect(await end(child)).toMatchObject({
      code: 1,
      err: expect.stringContaining("standard output was closed"),
    });
    await using queue = await openQueue(urlOf("tasks-errors"), { baseDirectory: folder.path });
    expect(await queue.stats()).toMatchObject({ visible: 3, leased: 0 });
  });
});

describe.runIf(hasTerminal)("on a terminal of 80 columns", () => {
  it("a list tells the inputs apart, and fits", async () => {
    const inputs = ["a-rather-long-folder/of-the-first-input.dat", "b.dat", "c.dat"];
    const several = taskText({ id: 1, name: "CUT", baseDirectory: "data", inputs, payload: null });
    await fill("tasks-errors", [failed(several), failed(task(2, { batch: "51a31486-b" }))]);
    for (const words of [
      ["errors", "list"],
      ["errors", "list", "--group"],
    ]) {
      const { screen } = await runOnTerminal(folder, words);
      const lines = screen.trimEnd().split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
      if (!words.includes("--group")) expect(lines[1]).toMatch(/ a-rat\S*…\S*dat \+2 /);
      expect(screen).toContain("in/2");
    }
  });

  it("a report that is thrown away is told apart from the question and the result", async () => {
    await fill("tasks-errors", [failed(task(1))]);
    const { code, screen } = await runOnTerminal(folder, ["errors", "discard", "1"], {
      keys: [["[y/N]", "y\r"]],
    });
    expect(code).toBe(0);
    expect(screen).toMatch(/\nthrown away:\n\{"host_info".*\}\n[^\n]*discarded 1 report\n$/);
  });
});

describe("errors list", () => {
  it("filters, groups, and says so when there is more", async () => {
    await fill(
      "tasks-errors",
      [1, 2, 3].map((id) =>
        failed(task(id), { exception: `Error: no object ${id}`, code: "object_missing" }),
      ),
    );
    await fill("tasks-errors", [failed(task(4, { name: "PASTE" }), { exception: "Error: no glue" })]);
    expect((await succeed(["errors", "list", "--text", "NO OBJECT", "--limit", "2"])).err).toBe(
      "and more reports (--limit N shows more, --all all)\n",
    );
    expect((await succeed(["errors", "list", "--text", "no object", "--newer", "1h"])).err).toBe("");
    expect((await succeed(["errors", "list", "--older", "1h"])).err).toMatch(/^no reports that fit in /);
    const groups = (await succeed(["errors", "list", "--group", "--json"])).out.trim().split("\n");
    expect(groups.map((line): unknown => JSON.parse(line))).toMatchObject([
      {
        task: "CUT",
        code: "object_missing",
        headline: "Error: no object #",
        input: "in/3",
        count: 3,
        first: "1",
        last: "3",
      },
      { task: "PASTE", headline: "Error: no glue", count: 1 },
    ]);
    const grouped = await succeed(["errors", "list", "--group"]);
    expect(grouped.out).toMatch(/\n +3 +3 .* CUT +in\/3 +Error: no object #\n/);
    expect(grouped.err).toBe("simpletasks errors list --like 3   lists the reports of the first group\n");
    const like = await succeed(["errors", "list", "--like", "3"]);
    expect(like.out.match(/no object \d/g)).toEqual(["no object 1", "no object 2", "no object 3"]);
    expect(like.out).not.toContain("no glue");
    expect(await folder.run(["errors", "discard", "--like", "9"])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/there is no report 9 in /),
    });
  });

  it("shows whatever anybody wrote without letting it reach the terminal", async () => {
    const text = "\u001b]0;owned\u0007\u202e";
    await fill("tasks-errors", [
      `{"task":${JSON.stringify(text)},"exception":${JSON.stringify(`one\n${text}`)},"host_info":{"hostname":${JSON.stringify(text)}}}`,
      text,
    ]);
    for (const id of ["1", "2"]) {
      const { out } = await succeed(["errors", "show", id]);
      expect(out).toContain(String.raw`\u{1b}]0;owned\u{7}\u{202e}`);
      expect(out.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\u202e/u);
    }
  });
});
