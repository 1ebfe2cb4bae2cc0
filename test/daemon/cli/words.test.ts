import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFolder, programFile, type Folder } from "./command-line.ts";

let folder: Folder;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

const manifest: { version: string; engines: { node: string } } = JSON.parse(
  readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
);

describe("help", () => {
  it("lists the commands, examples and exit codes", async () => {
    const { code, out, err } = await folder.run(["--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    for (const command of [
      "schedule",
      "queue",
      "status",
      "done",
      "errors",
      "daemon",
      "demo",
      "bucket",
      "cache",
    ]) {
      expect(out).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    }
    expect(out).toContain("Examples:");
    expect(out).toMatch(/Exit codes:\n {2}0 .*error queue/);
  });

  it.each([
    ["schedule"],
    ["queue", "send"],
    ["queue", "stats"],
    ["status"],
    ["done", "list"],
    ["errors", "list"],
    ["daemon"],
    ["demo"],
    ["bucket", "ls"],
    ["bucket", "get"],
    ["bucket", "put"],
    ["bucket", "rm"],
    ["cache", "status"],
    ["cache", "verify"],
    ["cache", "clear"],
  ])("of %s %s has examples", async (...words) => {
    const { code, out } = await folder.run([...words, "--help"]);
    expect(code).toBe(0);
    expect(out).toContain("Examples:\n  simpletasks ");
    expect(out.replaceAll(/\s+/g, " ")).toMatch(/--engines.*not built yet/);
  });

  it("needs no command's code, no driver and no schema library", () => {
    const { inputs, outputs }: Metafile = JSON.parse(
      readFileSync(new URL("../../../dist/programs.meta.json", import.meta.url), "utf8"),
    );
    expect(Object.keys(inputs)).not.toEqual([]);
    const loaded = new Set<string>();
    const visit = (output: string): void => {
      const found = outputs[output];
      if (found === undefined) return;
      for (const input of Object.keys(found.inputs)) loaded.add(input);
      for (const { path, kind } of found.imports) if (kind === "import-statement") visit(path);
    };
    visit("dist/cli.mjs");
    for (const { path } of outputs["dist/cli.mjs"]?.imports ?? []) visit(path);
    const names = [...loaded];
    expect(names).toContain("daemon/cli/commands.ts");
    expect(
      names.filter((name) =>
        /zod|pino|shared\/(queue|bucket|cache|daemon)|cli\/\w+\/(?!words\.ts)/.test(name),
      ),
    ).toEqual([]);
  });
});

interface Metafile {
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<
    string,
    { readonly inputs: Record<string, unknown>; readonly imports: readonly { path: string; kind: string }[] }
  >;
}

it
  .runIf(existsSync("/dev/full"))
  .each([[["--version"]], [["--help"]], [["status"]], [["done", "list", "--json"]]])(
  "%j: what cannot be written is no success",
  async (words) => {
    await folder.run(["queue", "send", "tasks-done", "-"], { input: "one\ntwo\n" });
    const full = openSync("/dev/full", "w");
    try {
      const child = spawn(process.execPath, [programFile, ...words], {
        cwd: folder.path,
        env: { PATH: process.env["PATH"], HOME: folder.path },
        stdio: ["ignore", full, "pipe"],
      });
      let err = "";
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        err += text;
      });
      expect(await once(child, "close")).toEqual([1, null]);
      expect(err).toMatch(/^simpletasks: standard output could not be written: ENOSPC.*\n$/);
    } finally {
      closeSync(full);
    }
  },
);

it("tells its version", async () => {
  expect((await folder.run(["--version"])).out).toBe(`${manifest.version}\n`);
});

describe("wrong words", () => {
  it.each([
    [["statsu"], /unknown command 'statsu'\n {2}\(Did you mean status\?\)/],
    [["status", "--profil", "x"], /unknown option '--profil'\n {2}\(Did you mean --profile\?\)/],
    [
      ["schedule"],
      /missing required argument 'FILE'\nusage: simpletasks schedule \[options\] <FILE>\nhint: simpletasks schedule --help\n$/,
    ],
    [
      ["errors", "show"],
      /\nusage: simpletasks errors show \[options\] <ID>\nhint: simpletasks errors show --help\n$/,
    ],
    [["run", "--error"], /argument missing\nusage: simpletasks run .*\nhint: simpletasks run --help\n$/],
    [["queue", "stats", "foo://x"], /unknown scheme "foo"\nhint: Known schemes: memory, sqlite\.\n$/],
    [["queue", "stats", "sqs://x"], /\nhint: SQS is not built yet\. Known schemes: memory, sqlite\.\n$/],
    [["init", "--example", "nope"], /there is no example "nope"\nhint: There are: .*\n$/],
    [["daemon", "--isolation", "vm"], /--isolation must be one of process, none, not "vm"\n$/],
    [["schedule", "a", "b"], /too many arguments/],
    [["daemon", "--workers", "0"], /--workers must be a whole number of 1 … 1024, not "0"/],
    [["daemon", "--lease", "x"], /--lease must be a number/],
    [["daemon", "a", "b"], /five or six words, not 2\nhint: .*TASK_QUEUE ERROR_QUEUE \[DONE_QUEUE\]/],
    [["done", "list", "--limit", "few"], /--limit must be a whole number/],
    [["queue", "stats", "carrot:x"], /unknown scheme "carrot".*\nhint: .*sqlite/],
    [["status", "--config", "none.json"], /none\.json: there is no such file/],
    [["status", "--bucket", "./x"], /--bucket: "\.\/x" is no name of a bucket\nhint: /],
  ])("%j: exit code 2 and what is wrong", async (words, message) => {
    const { code, out, err } = await folder.run(words);
    expect(err).toMatch(message);
    expect(err).toMatch(/^simpletasks: /);
    expect(err).not.toContain("    at ");
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });
});

it("an old Node gets one line that says so", async () => {
  const program = pathToFileURL(programFile).href;
  const old = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.1.0"}});await import("${program}")`;
  const { code, err, out } = await folder.run(["--help"], { node: ["--import", old] });
  const [, least] = />=(.*)/.exec(manifest.engines.node) ?? [];
  expect(err.split("\n")[0]).toBe(
    `simpletasks: this is Node 20.1.0; Node ${least} or newer is needed (https://nodejs.org)`,
  );
  expect({ code, out: out.length }).toEqual({ code: 2, out: 0 });
});
