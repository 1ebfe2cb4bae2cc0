import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openBucket } from "../../shared/bucket/open.ts";
import { openCache } from "../../shared/cache/open.ts";
import { createDaemon } from "../../shared/daemon/daemon.ts";
import { openDatasource } from "../../shared/datasource/open.ts";
import { openQueue } from "../../shared/queue/open.ts";
import { readReport, type Report } from "../../shared/task/read-report.ts";
import { end, makeFolder } from "../daemon/cli/command-line.ts";
import type { Misdeed } from "./programs/bad.task.ts";

// A bound for machines that are busy otherwise; nothing is expected of their speed.
vi.setConfig({ testTimeout: 900_000 });

const taskFile = new URL("./programs/bad.task.ts", import.meta.url);

/** A message that must end in the error queue, and what its report must say. */
interface Bad {
  readonly what: string;
  readonly text: string;
  readonly code: string;
  readonly phase: string;
  /** The last line of its log; undefined where it never came to write one. */
  readonly lastLine?: string;
}

const input = "0_input/shared.dat";
/** A legal key, and one that file systems and terminals would rather not see. */
const strangeInput = "0_input/line\nfeed \u0007 \u{1f600}.dat";
const contents: Readonly<Record<string, string>> = {
  [`set/${input}`]: "shared by all\n",
  [`set/${strangeInput}`]: "strange name\n",
};

/** Written by hand: the library would refuse to write most of these. */
function task(fields: Record<string, unknown>, payload: unknown = null, more: object = {}): string {
  const basicInfo = { id: 1, base_directory: "set", inputs: [input], ...fields };
  return JSON.stringify({ basic_info: basicInfo, payload_info: payload, ...more }).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function misdeed(how: Misdeed, code: string, phase: string, lastLine = `about to misbehave: ${how}`): Bad {
  return { what: how, text: task({ name: "MISBEHAVES" }, { how }), code, phase, lastLine };
}

function refused(what: string, text: string, code: string): Bad {
  return { what, text, code, phase: "validate" };
}

const unreadable: readonly Bad[] = [
  refused("no JSON", 'no task \u0007 \u001b[31m \u{1f600} {"', "task_unparsable"),
  refused("a list", "[1, 2]", "task_unparsable"),
  refused("white space", " \n\t", "task_unparsable"),
  refused("nested too deeply", "[".repeat(100_000), "task_unparsable"),
  refused("no basic_info", '{"payload_info": null}', "task_unparsable"),
  refused("no name", task({}), "task_unparsable"),
  refused("a blank name", task({ name: " \t" }), "task_unparsable"),
  refused("a blank base directory", task({ name: "GOOD", base_directory: "" }), "task_unparsable"),
  refused("inputs that are no list", task({ name: "GOOD", inputs: input }), "task_unparsable"),
  refused(
    "no payload",
    '{"basic_info":{"name":"GOOD","base_directory":"set","inputs":[]}}',
    "task_unparsable",
  ),
  refused("an id too large", task({ name: "GOOD", id: "9223372036854775808" }), "task_unparsable"),
  refused("depends_on", task({ name: "GOOD" }, null, { depends_on: ["other"] }), "task_unparsable"),
  refused("an unknown type", task({ name: "NOBODY_KNOWS" }), "task_type_unknown"),
  refused("control characters in a name", task({ name: "BELL\u0007\u001b[31m" }), "task_type_unknown"),
  refused("half a surrogate pair in a name", task({ name: "HALF\ud800" }), "task_type_unknown"),
  refused("an input that escapes", task({ name: "GOOD", inputs: ["../../etc/passwd"] }), "key_invalid"),
  refused("an absolute input", task({ name: "GOOD", inputs: ["/etc/passwd"] }), "key_invalid"),
  refused("an input with NUL", task({ name: "GOOD", inputs: ["a\0b"] }), "key_invalid"),
  refused("half a surrogate pair in an input", task({ name: "GOOD", inputs: ["\udc00"] }), "key_invalid"),
  refused("a reserved directory", task({ name: "GOOD", base_directory: "_simpletasks" }), "key_invalid"),
  refused("a payload against its schema", task({ name: "MISBEHAVES" }, { how: "nohow" }), "payload_invalid"),
  {
    what: "a missing input",
    text: task({ name: "GOOD", inputs: [input, "nothing.dat"] }),
    code: "object_missing",
    phase: "fetch",
  },
];

const quick: readonly Bad[] = [
  ...unreadable,
  misdeed("throws", "task_failed", "execute"),
  misdeed("exits", "worker_died", "execute"),
  misdeed("isKilled", "worker_died", "execute"),
];

const everything: readonly Bad[] = [
  ...quick,
  misdeed("floods", "task_failed", "execute", "line 200000"),
  misdeed("throwsNoError", "task_failed", "execute"),
  misdeed("throwsNothing", "task_failed", "execute"),
  misdeed("throwsWhatCannotBeShown", "task_failed", "execute"),
  misdeed("throwsLong", "task_failed", "execute"),
  misdeed("throwsItself", "task_failed", "execute"),
  misdeed("throwsStrangely", "task_failed", "execute"),
  misdeed("throwsElsewhere", "task_failed", "execute"),
  misdeed("rejectsElsewhere", "task_failed", "execute"),
  misdeed("recursesForEver", "task_failed", "execute"),
  misdeed("closesItsOutput", "worker_died", "execute"),
  misdeed("returnsNumber", "task_failed", "execute"),
  misdeed("returnsNoSuccess", "task_failed", "execute"),
  misdeed("returnsWrongOutput", "task_failed", "execute"),
  misdeed("returnsEscapingOutput", "key_invalid", "finalize"),
  misdeed("returnsFailure", "task_failed", "execute"),
  misdeed("putsEscaping", "key_invalid", "execute"),
  misdeed("putsReserved", "key_invalid", "execute"),
  misdeed("getsReserved", "key_invalid", "execute"),
  misdeed("getsMissing", "object_missing", "execute"),
  {
    what: "hangs",
    text: task({ name: "HANGS" }),
    code: "task_timeout",
    phase: "execute",
    lastLine: "about to hang",
  },
  {
    what: "computes for ever",
    text: task({ name: "COMPUTES_FOR_EVER" }),
    code: "task_timeout",
    phase: "execute",
    lastLine: "about to compute",
  },
  {
    what: "hoards memory",
    text: task({ name: "HOARDS_MEMORY" }),
    code: "task_memory",
    phase: "execute",
    lastLine: "about to hoard",
  },
];

interface Good {
  readonly text: string;
  readonly key: string;
  readonly output: string;
}

function good(id: number): Good {
  const kind = id % 3;
  const name = kind === 2 ? "SCRIBBLES" : "GOOD";
  const chosen = kind === 1 ? strangeInput : input;
  return {
    text: task({ id, name, inputs: [chosen] }),
    key: `set/0_output/${id}.txt`,
    output: kind === 2 ? "scribbled" : (contents[`set/${chosen}`] ?? ""),
  };
}

/** A good task before, between and after the bad ones. */
function mixed(bad: readonly Bad[]): { readonly messages: string[]; readonly goods: readonly Good[] } {
  const goods = Array.from({ length: bad.length + 1 }, (_, id) => good(id));
  const messages = goods.flatMap(({ text }, index) => [
    text,
    ...bad.slice(index, index + 1).map((one) => one.text),
  ]);
  return { messages, goods };
}

describe("one queue with good and bad tasks", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "simpletasks-bad-"));
  });
  afterEach(async () => rm(directory, { recursive: true, force: true }));

  const queue = (name: string): ReturnType<typeof openQueue> =>
    openQueue(`sqlite:queue.db?queue=${name}`, { baseDirectory: directory });

  async function prepare(messages: readonly string[]): Promise<void> {
    await using bucket = await openBucket(`file://${join(directory, "bucket")}`);
    for (const [key, text] of Object.entries(contents)) await bucket.put(key, text);
    await using tasks = await queue("tasks");
    const outcomes = await tasks.send(messages.map((body) => ({ body })));
    expect(outcomes.filter(({ sent }) => !sent)).toEqual([]);
  }

  async function reports(name: string): Promise<{ body: string; report: Report }[]> {
    await using reported = await queue(name);
    const messages = (await reported.peek?.({ max: 1000 })) ?? [];
    return messages.map(({ body }) => ({ body, report: readReport(body) }));
  }

  /** All that must be so afterwards, whoever ran the daemon. */
  async function expectAllInPlace(bad: readonly Bad[], goods: readonly Good[]): Promise<void> {
    const byText = (a: string, b: string): number => (a < b ? -1 : 1);
    await using tasks = await queue("tasks");
    expect(await tasks.stats()).toMatchObject({ visible: 0, leased: 0, delayed: 0 });

    const done = (await reports("done")).map(({ report }) => [report.taskText, report.outputs]);
    expect(done.toSorted(([a], [b]) => byText(String(a), String(b)))).toEqual(
      goods.map(({ text, key }) => [text, [key]]).toSorted(([a], [b]) => byText(String(a), String(b))),
    );

    const failed = await reports("errors");
    expect(failed).toHaveLength(bad.length);
    for (const one of bad) {
      const found = failed.filter(({ report }) => report.taskText === one.text);
      expect(found, one.what).toHaveLength(1);
      const [{ body, report } = { body: "", report: readReport("") }] = found;
      expect(
        { code: report.error?.code, phase: report.phase, lastLine: report.logTail.at(-1) },
        `${one.what}: ${report.exception?.slice(0, 300)}`,
      ).toEqual({ code: one.code, phase: one.phase, lastLine: one.lastLine });
      expect(report.exception, one.what).not.toBe("");
      expect(report.logTail.length, one.what).toBeLessThanOrEqual(100);
      expect(body.length, one.what).toBeLessThanOrEqual(16 * 2 ** 20);
      expect(body).toMatch(/^[ -~]*$/);
    }

    const outputs = Object.fromEntries(goods.map(({ key, output }) => [key, output]));
    const expected: Readonly<Record<string, string>> = { ...contents, ...outputs };
    expect(await filesBelow(join(directory, "bucket"))).toEqual(expected);
    const cached = await filesBelow(join(directory, "cache"));
    for (const [key, text] of Object.entries(cached)) expect(text, key).toBe(expected[key]);
    expect(Object.keys(cached)).toEqual(expect.arrayContaining(Object.keys(outputs)));
    expect(await readdir(directory)).toEqual(expect.not.arrayContaining(["escaped.txt"]));
  }

  test("each good one is done, each bad one reported with its text, and the daemon drains the queue", async () => {
    const { messages, goods } = mixed(everything);
    await prepare(messages);
    await using taskQueue = await queue("tasks");
    await using errorQueue = await queue("errors");
    await using doneQueue = await queue("done");
    await using bucket = await openBucket(`file://${join(directory, "bucket")}`);
    await using cache = await openCache({ directory: join(directory, "cache") });
    const daemon = createDaemon({
      taskQueue,
      errorQueue,
      doneQueue,
      bucket,
      datasource: openDatasource({ bucket, cache }),
      workers: 3,
      attempts: 1,
      untilDrained: true,
    });
    daemon.register(taskFile);
    expect(await daemon.run()).toMatchObject({
      succeeded: goods.length,
      failed: everything.length,
      retried: 0,
      leasesLost: 0,
    });
    expect(daemon.state).toBe("stopped");
    // Before the cache is closed, which would remove what was forgotten.
    expect(await readdir(cache.workDirectory)).toEqual([]);
    expect((await cache.status()).pinnedEntries).toBe(0);
    await expectAllInPlace(everything, goods);
  });

  test("the built command ends with exit code 0", async () => {
    await using folder = await makeFolder();
    await mkdir(folder.file("tasks"));
    await copyFile(fileURLToPath(taskFile), folder.file("tasks/bad.task.ts"));
    await writeFile(folder.file("simpletasks.json"), '{"daemon": {"workers": 2, "attempts": 1}}');
    const { messages, goods } = mixed(quick);
    await prepare(messages);
    const url = (name: string): string => `sqlite://${join(directory, "queue.db")}?queue=${name}`;
    const words = ["--task-queue", url("tasks"), "--error-queue", url("errors"), "--done-queue", url("done")];
    const places = ["--bucket", `file://${join(directory, "bucket")}`, "--cache", join(directory, "cache")];
    const ended = await end(folder.start(["daemon", "--until-drained", "--json", ...words, ...places]));
    expect(ended.code, ended.err).toBe(0);
    expect(JSON.parse(ended.out)).toMatchObject({ succeeded: goods.length, failed: quick.length });
    await expectAllInPlace(quick, goods);
  });
});

/** Text of every file by its path, without what a cache keeps for itself. */
async function filesBelow(root: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(root.length + 1);
    if (!name.startsWith(".simpletasks/")) files[name] = await readFile(path, "utf8");
  }
  return files;
}
