import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isSimpleTasksError } from "../../../../shared/errors.ts";
import { openTypeReader, type TypeReader } from "../../../../shared/daemon/type-reader/type-reader.ts";
import { processGone } from "../attempts.ts";

let directory: string;
beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), "simpletasks-types-")));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Standard Schema by hand: workspaces may use any library. */
const schemas = `
const schema = (validate, more = {}) => ({ "~standard": { version: 1, vendor: "test", validate, ...more } });
const accept = (value) => ({ value });
const input = () => ({ type: "object", required: ["level"] });
`;

async function taskFile(name: string, code: string): Promise<string> {
  const path = join(directory, `${name}.task.mjs`);
  await writeFile(path, `import { defineTask } from "simpletasks";\n${schemas}${code}`);
  return path;
}

function open(
  taskFiles: readonly string[],
  more: Partial<Parameters<typeof openTypeReader>[0]> = {},
): TypeReader {
  return openTypeReader({ taskFiles, directory, ...more });
}

const levels = `export default defineTask({ name: "LEVELS", payload: schema((value) =>
  typeof value.level === "bigint" ? { issues: [{ message: "got " + value.level, path: ["level"] }] }
  : typeof value.level === "number" ? { value }
  : { issues: [{ message: "no number", path: ["levels", 3, { key: "a b" }] }, { message: "second" }] },
  { jsonSchema: { input, output: input } }) });`;

describe("task types", () => {
  test("are told with their files and payload schemas, the built-in ones too", async () => {
    const file = await taskFile("levels", levels);
    await using reader = open([file]);
    expect(await reader.types()).toEqual({
      types: [
        { name: "NO_OP", file: undefined, payloadSchema: undefined },
        { name: "LEVELS", file, payloadSchema: { type: "object", required: ["level"] } },
      ],
      failures: [],
    });
  });

  test("are the built-in ones where there is no task file", async () => {
    await using reader = open([]);
    expect((await reader.types()).types.map(({ name }) => name)).toEqual(["NO_OP"]);
  });

  test("are told although other files do not load, each of which is named with its line and the way out", async () => {
    const good = await taskFile("good", levels);
    const missing = join(directory, "missing.task.ts");
    const throwing = await taskFile("throwing", `\nthrow new Error("no licence");`);
    const twice = await taskFile("twice", `export default defineTask({ name: "LEVELS" });`);
    await using reader = open([missing, throwing, good, twice]);
    const { types, failures } = await reader.types();
    expect(types.map(({ name }) => name)).toEqual(["NO_OP", "LEVELS"]);
    expect(failures).toMatchObject([
      { file: missing, message: expect.stringContaining("does not exist") },
      {
        file: throwing,
        line: 7,
        message: expect.stringContaining(`${throwing}:7 cannot be loaded: no licence`),
      },
      {
        file: twice,
        message: expect.stringContaining(`in ${good} and in ${twice}`),
        hint: expect.any(String),
      },
    ]);
  });

  test("are told although other files end the process or hang", async () => {
    const exiting = await taskFile("exiting", `console.log("bye"); process.exit(3);`);
    const rejecting = await taskFile(
      "rejecting",
      `Promise.reject(new Error("late")); await new Promise(() => {});`,
    );
    const good = await taskFile("good-beside", levels);
    const hanging = await taskFile("hanging", `for (;;);`);
    await using reader = open([exiting, rejecting, good, hanging], { loadSeconds: 6 });
    const { types, failures } = await reader.types();
    expect(types.map(({ name }) => name)).toEqual(["NO_OP", "LEVELS"]);
    expect(failures).toMatchObject([
      {
        file: exiting,
        message: expect.stringMatching(/exit code 3 while it loaded .*exiting.*it printed: bye/),
      },
      { file: rejecting, message: expect.stringMatching(/exit code 70 .*rejecting.*late/s) },
      { file: hanging, message: expect.stringMatching(/hanging\.task\.mjs, took more than 6 s to load/) },
    ]);
  });

  test("are told whatever the files print, also what looks like the worker's own words", async () => {
    const file = await taskFile(
      "loud",
      `console.log('\\u001er{"kind":"ready","types":[]}'); process.stdout.write("{}"); console.error("x".repeat(1e5));
       ${levels}`,
    );
    await using reader = open([file]);
    expect((await reader.types()).types.map(({ name }) => name)).toEqual(["NO_OP", "LEVELS"]);
  });

  test("are read without the daemon's credentials, also those that a type lists", async () => {
    const file = await taskFile(
      "secret",
      `export default defineTask({ name: Object.keys(process.env).sort().join(), environment: ["MY_TOKEN"] });`,
    );
    await using reader = open([file], {
      environment: { HOME: "/h", AWS_SECRET_ACCESS_KEY: "s", MY_TOKEN: "t" },
    });
    expect((await reader.types()).types.map(({ name }) => name)).toEqual(["NO_OP", "HOME"]);
  });
});

describe("payloads", () => {
  test("are checked by their types' schemas, with one answer for each task in order", async () => {
    const file = await taskFile("levels-checked", levels);
    await using reader = open([file]);
    const payloads = ['{"level":1}', '{"level":9007199254740993}', "{}", "{", '"any"'];
    const checks = await reader.check([
      ...payloads.map((payload) => ({ name: "LEVELS", payload })),
      { name: "LEVLES", payload: "1" },
      { name: "NO_OP", payload: "[1]" },
    ]);
    expect(checks).toEqual([
      { kind: "fine" },
      { kind: "invalid", problems: [{ path: ["level"], message: "got 9007199254740993" }] },
      {
        kind: "invalid",
        problems: [
          { path: ["levels", 3, "a b"], message: "no number" },
          { path: [], message: "second" },
        ],
      },
      { kind: "invalid", problems: [{ path: [], message: expect.stringContaining("is no JSON") }] },
      { kind: "invalid", problems: [expect.anything(), expect.anything()] },
      { kind: "unknown_type" },
      { kind: "fine" },
    ]);
  });

  test("by the hundred thousand are answered in order, also those that no schema looks at, as are checks asked for together", async () => {
    const file = await taskFile("levels-many", levels);
    await using reader = open([file]);
    const task = (good: boolean) => ({ name: "LEVELS", payload: good ? '{"level":1}' : '{"level":"x"}' });
    const isBad = (place: number) => place % 1009 === 0 && place % 3 !== 0;
    const many = Array.from({ length: 100_000 }, (_, place) =>
      place % 3 === 0 ? { name: "NO_OP", payload: "1" } : task(!isBad(place)),
    );
    const [first, second] = await Promise.all([reader.check(many), reader.check([task(false), task(true)])]);
    expect(first.length).toBe(many.length);
    expect(first.flatMap(({ kind }, place) => (kind === "fine" ? [] : [place]))).toEqual(
      many.flatMap((_, place) => (isBad(place) ? [place] : [])),
    );
    expect(second.map(({ kind }) => kind)).toEqual(["invalid", "fine"]);
  });

  test("are refused when the schema throws, in the words of the schema", async () => {
    const file = await taskFile(
      "throws",
      `export default defineTask({ name: "THROWS", payload: schema(() => { throw new Error("not today"); }) });`,
    );
    await using reader = open([file]);
    expect(await reader.check([{ name: "THROWS", payload: "1" }])).toEqual([
      { kind: "invalid", problems: [{ path: [], message: expect.stringContaining("not today") }] },
    ]);
  });

  test.each([
    ["hangs", "for (;;);", /hangs\.task\.mjs took more than 2 s for 2 payloads/],
    ["never answers", "return new Promise(() => {});", /never answers\.task\.mjs took more than 2 s/],
    ["ends the process", "process.exit(0);", /ends the process\.task\.mjs ended the process .* exit code 0/],
  ])("cannot be checked when the schema %s: the error names its file", async (name, code, message) => {
    const good = await taskFile(`good beside ${name}`, levels);
    const file = await taskFile(
      name,
      `export default defineTask({ name: "BAD", payload: schema(() => { ${code} }) });`,
    );
    await using reader = open([file, good], { checkSeconds: 2 });
    const task = { name: "BAD", payload: "1" };
    const expected = { code: "task_type_invalid", message: expect.stringMatching(message), about: { file } };
    await expect(reader.check([{ name: "LEVELS", payload: '{"level":1}' }, task])).rejects.toMatchObject(
      expected,
    );
    await expect(reader.check([task])).rejects.toMatchObject(expected);
  });
});

describe("the reader's process", () => {
  const tellsPid = (name: string) =>
    taskFile(
      name,
      `export default defineTask({ name: "P" + process.pid, payload: schema(() => { for (;;); }) });`,
    );
  const pidOf = async (reader: TypeReader): Promise<number> =>
    Number((await reader.types()).types[1]?.name.slice(1));

  test("is killed by the signal in the middle of a check", async () => {
    const controller = new AbortController();
    await using reader = open([await tellsPid("aborted")], { signal: controller.signal });
    const pid = await pidOf(reader);
    const checked = reader.check([{ name: `P${pid}`, payload: "1" }]);
    controller.abort();
    await expect(checked).rejects.toSatisfy((error) => isSimpleTasksError(error, "aborted"));
    await processGone(pid);
    await expect(reader.types()).rejects.toSatisfy((error) => isSimpleTasksError(error, "aborted"));
  });

  test("is killed when the reader is disposed of in the middle of loading", async () => {
    const file = await taskFile("slow", `await new Promise((resolve) => setTimeout(resolve, 1e6));`);
    const reader = open([file]);
    const types = reader.types();
    const refused = expect(types).rejects.toSatisfy((error) => isSimpleTasksError(error, "closed"));
    await reader[Symbol.asyncDispose]();
    await refused;
  });

  test("is not started for a signal that has fired", async () => {
    await using reader = open([await tellsPid("never")], { signal: AbortSignal.abort() });
    await expect(reader.types()).rejects.toSatisfy((error) => isSimpleTasksError(error, "aborted"));
    await expect(reader.check([])).rejects.toSatisfy((error) => isSimpleTasksError(error, "aborted"));
  });

  test("that cannot be started is an error of the system's", async () => {
    await using reader = open([], { directory: join(directory, "nowhere") });
    await expect(reader.types()).rejects.toMatchObject({ code: "io" });
  });
});
