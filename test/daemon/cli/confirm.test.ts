import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Call } from "../../../daemon/cli/call.ts";
import { confirm } from "../../../daemon/cli/confirm.ts";
import { openTerminal } from "../../../daemon/cli/terminal.ts";
import { makeFolder, type Folder } from "./command-line.ts";
import { hasTerminal, runOnTerminal } from "./on-terminal.ts";

/** A call, and a conversation in which the person types `typed` once asked; `undefined` types nothing. */
function asked({ typed, yes = false, screen = true }: { typed?: string; yes?: boolean; screen?: boolean }) {
  const input = Object.assign(new PassThrough(), { isTTY: screen });
  const output = Object.assign(new PassThrough(), { isTTY: screen });
  let shown = "";
  output.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
    if (shown.includes("[y/N]") && typed !== undefined && input.writable) input.end(typed);
  });
  const stop = new AbortController();
  const call: Call = {
    words: [],
    flags: { yes },
    terminal: openTerminal(new PassThrough(), output),
    environment: {},
    currentDirectory: "/",
    signals: {
      signal: stop.signal,
      exitCode: undefined,
      onFurther() {},
      interrupt: () => stop.abort(),
      [Symbol.dispose]() {},
    },
  };
  return { call, conversation: { input, output }, shown: () => shown, stop };
}

describe("a question", () => {
  it.each([
    ["y\n", true],
    ["YES\r", true],
    [" yes \n", true],
    ["\n", false],
    ["n\n", false],
    ["yep\n", false],
    ["\u0004", false],
  ])("answered with %j is %s", async (typed, answer) => {
    const { call, conversation, shown } = asked({ typed });
    expect(await confirm(call, "Remove it?", conversation)).toBe(answer);
    expect(shown()).toContain("Remove it? [y/N] ");
    expect(shown().includes("Nothing was changed.\n")).toBe(!answer);
  });

  it("is escaped", async () => {
    const { call, conversation, shown } = asked({ typed: "\n" });
    await confirm(call, "Remove \u001b[2J\n?", conversation);
    expect(shown()).toContain(String.raw`Remove \u{1b}[2J\n? [y/N]`);
  });

  it("is not asked with --yes", async () => {
    const { call, conversation, shown } = asked({ yes: true, screen: false });
    expect(await confirm(call, "Remove it?", conversation)).toBe(true);
    expect(shown()).toBe("");
  });

  it("that nobody can be asked is a mistake, and says what to add", async () => {
    const { call, conversation } = asked({ screen: false });
    await expect(confirm(call, "Remove it?", conversation)).rejects.toMatchObject({
      code: "usage",
      hint: expect.stringContaining("--yes"),
    });
  });

  it("ends when the command is stopped", async () => {
    const { call, conversation, stop, shown } = asked({});
    const answer = confirm(call, "Remove it?", conversation);
    stop.abort();
    await expect(answer).rejects.toMatchObject({ name: "AbortError" });
    expect(shown()).toContain("Nothing was changed.\n");
  });

  it("is left with Ctrl-C, which stops the command", async () => {
    const { call, conversation, stop } = asked({ typed: "\u0003" });
    const answer = confirm(call, "Remove it?", conversation);
    await expect(answer).rejects.toMatchObject({ name: "AbortError" });
    expect(stop.signal.aborted).toBe(true);
  });
});

describe.runIf(hasTerminal)("on a terminal", () => {
  let folder: Folder;
  beforeEach(async () => {
    folder = await makeFolder();
    await folder.run(["bucket", "put", "-", "a/b"], { input: "x" });
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  it.each([
    ["y\r", 0, "removed 1 object, 1 B\n", false],
    ["\r", 1, "Nothing was changed.\n", true],
    ["\u0003", 130, "Nothing was changed.\nsimpletasks: stopped\n", true],
    ["\u0004", 1, "Nothing was changed.\n", true],
  ])("%j leads to exit code %d", async (keys, expected, said, stays) => {
    const { code, screen } = await runOnTerminal(folder, ["bucket", "rm", "a/b"], {
      keys: [["[y/N]", keys]],
    });
    expect(screen).toContain('Remove "a/b" (1 B) from file://');
    expect(screen.endsWith(said)).toBe(true);
    expect(code).toBe(expected);
    expect((await folder.run(["bucket", "ls", "--recursive", "--json"])).out !== "").toBe(stays);
  });
});
