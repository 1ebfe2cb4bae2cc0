import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findWorkspaceFile, readWorkspaceFile } from "../../../daemon/config/workspace-file.ts";
import { isSimpleTasksError } from "../../../shared/errors.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), "simpletasks-config-")));
  file = path.join(directory, "simpletasks.json");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The mistakes that reading `text` tells, without the file's path. */
function mistakesIn(text: string): string[] {
  writeFileSync(file, text);
  try {
    readWorkspaceFile(file);
    return [];
  } catch (error) {
    if (!isSimpleTasksError(error, "config_invalid")) throw error;
    return error.message.split("\n").map((line) => line.replace(`${file}:`, ""));
  }
}

describe("finding simpletasks.json", () => {
  it("takes the nearest one, in the folder or above it", () => {
    const inner = path.join(directory, "a", "b");
    mkdirSync(inner, { recursive: true });
    writeFileSync(file, "{}");
    expect(findWorkspaceFile(inner)).toBe(file);
    const nearer = path.join(directory, "a", "simpletasks.json");
    writeFileSync(nearer, "{}");
    expect(findWorkspaceFile(inner)).toBe(nearer);
  });
});

describe("reading simpletasks.json", () => {
  it("gives what it holds, and the line of each value", () => {
    writeFileSync(file, '{\n  "profiles": {\n    "local": {\n      "bucket": "b"\n    }\n  }\n}\n');
    const read = readWorkspaceFile(file);
    expect(read.contents.profiles?.["local"]?.bucket).toBe("b");
    expect(read.lineOf(["profiles", "local", "bucket"])).toBe(4);
  });

  it("reads a file that begins with a byte order mark", () => {
    expect(mistakesIn('\uFEFF{"profiles": {}}')).toEqual([]);
  });

  it("names an unknown key with its place and the nearest right word", () => {
    expect(mistakesIn('{\n  "tsks": []\n}')).toEqual(['2:3: unknown key "tsks"; did you mean "tasks"?']);
    expect(mistakesIn('{"daemon": {\n "leaseSeconds": 3}}')).toEqual([
      '2:2: unknown key "leaseSeconds"; did you mean "lease_seconds"?',
    ]);
    expect(mistakesIn('{"profiles": {"x": {"task-queue": "q"}}}')).toEqual([
      '1:21: unknown key "task-queue"; did you mean "task_queue"?',
    ]);
  });

  it("lists the known keys where none is near", () => {
    expect(mistakesIn('{"zebra": 1}')).toEqual([
      '1:2: unknown key "zebra" (known: tasks, profile, profiles, daemon)',
    ]);
  });

  it("says where a key stands that is right elsewhere", () => {
    expect(mistakesIn('{"workers": 4}')).toEqual(['1:2: unknown key "workers"; it stands in daemon']);
    expect(mistakesIn('{"profiles": {"x": {"profile": "x"}},\n "daemon": {"bucket": "b"}}')).toEqual([
      '1:21: unknown key "profile"; it stands at the top of the file',
      '2:13: unknown key "bucket"; it stands in profiles.NAME',
    ]);
  });

  it("names a value of a wrong type, what it must be and what it is", () => {
    expect(mistakesIn('{"daemon": {"workers": "4"}}')).toEqual([
      '1:24: daemon.workers must be a whole number of 1 … 1024, not "4"',
    ]);
    expect(mistakesIn('{"profiles": []}')).toEqual([
      "1:14: profiles must be an object of profiles by name, not []",
    ]);
    expect(mistakesIn('{"tasks": ["a", 5]}')).toEqual(["1:17: tasks[1] must be a text, not 5"]);
    expect(mistakesIn('{"tasks": [""]}')).toEqual(['1:12: tasks[0] must not be empty, not ""']);
    expect(mistakesIn('{"profiles": {"x": null}}')).toEqual(["1:20: profiles.x must be an object, not null"]);
    expect(mistakesIn('{"profiles": {"x": {"engines": 5}}}')).toEqual([
      "1:32: profiles.x.engines must be one of local, aws, hybrid, not 5",
    ]);
    expect(mistakesIn("[]")).toEqual(["1:1: the file must be an object, not []"]);
  });

  it("names a number out of its range", () => {
    expect(mistakesIn('{"daemon": {"lease_seconds": 0}}')).toEqual([
      "1:30: daemon.lease_seconds must be a number of 1 … 43200 seconds, not 0",
    ]);
    expect(mistakesIn('{"daemon": {"attempts": 1.5}}')).toEqual([
      "1:25: daemon.attempts must be a whole number of 1 … 1000, not 1.5",
    ]);
  });

  it("suggests an engine", () => {
    expect(mistakesIn('{"profiles": {"x": {"engines": "lokal"}}}')).toEqual([
      '1:32: profiles.x.engines must be one of local, aws, hybrid, not "lokal"; did you mean "local"?',
    ]);
  });

  it("tells every mistake, in the order of their places", () => {
    const places = mistakesIn('{"daemon": {"workers": 0, "x": 1},\n "profile": 7,\n "y": 2}').map(
      (line) => /^\d+:\d+/.exec(line)?.[0],
    );
    expect(places).toEqual(["1:24", "1:27", "2:13", "3:2"]);
  });

  it("refuses a profile that is not there", () => {
    expect(mistakesIn('{"profile": "locl", "profiles": {"local": {}}}')).toEqual([
      '1:13: there is no profile "locl"; did you mean "local"?',
    ]);
  });

  it("takes JSON alone: no comments, no trailing commas, no key twice, no empty file", () => {
    expect(mistakesIn("{\n  // note\n}")).toEqual(["2:3: this is not JSON: invalid comment token"]);
    expect(mistakesIn('{"tasks": [],}')[0]).toMatch(/^1:14: this is not JSON/);
    expect(mistakesIn('{"tasks": [],\n"tasks": []}')).toEqual(['2:1: the key "tasks" stands here twice']);
    expect(mistakesIn('{"tasks": []')[0]).toMatch(/^1:13: this is not JSON/);
  });

  it.each(["", " \n", "\uFEFF"])("says that a file is empty: %j", (text) => {
    expect(mistakesIn(text)).toEqual(["1:1: the file is empty"]);
  });

  it("takes UTF-8 alone", () => {
    writeFileSync(file, Buffer.from("\uFEFF{}", "utf16le"));
    expect(() => readWorkspaceFile(file)).toThrow(`${file}: the text is not UTF-8`);
  });

  it("says what keeps it from being read", () => {
    symlinkSync("nowhere.json", file);
    expect(findWorkspaceFile(directory)).toBe(file);
    expect(() => readWorkspaceFile(file)).toThrow(`${file}: this is a link to nothing`);
    rmSync(file);
    mkdirSync(file);
    expect(() => readWorkspaceFile(file)).toThrow(`${file}: this is a folder, not a file`);
  });

  it("says so when there is no such file", () => {
    expect(() => readWorkspaceFile(path.join(directory, "none.json"))).toThrow(/there is no such file/);
  });
});
