import { readdirSync, watch } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { end, makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)(
  "%s ends a command that waits for its input, with exit code %d and nothing left behind",
  async (signal, code) => {
    const child = folder.start(["schedule", "-"], { environment: { TMPDIR: folder.path } });
    // Once: a second signal would end it at once.
    const watcher = watch(folder.path).once("change", () => child.kill(signal));
    child.stdin.write('{"task":"NO_OP","base_directory":"data"}\n');
    const ended = await end(child);
    watcher.close();
    expect(ended).toEqual({ code, out: "", err: "simpletasks: stopped\n" });
    expect(readdirSync(folder.path)).toEqual([]);
  },
);
