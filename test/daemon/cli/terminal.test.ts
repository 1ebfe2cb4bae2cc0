import { PassThrough, Writable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openTerminal, type Output, type Terminal } from "../../../daemon/cli/terminal.ts";

afterEach(() => vi.unstubAllEnvs());

/** A stream that keeps what is written, on a screen of 20 columns or on none. */
function stream(screen: boolean): { stream: Output; text(): string } {
  const through = new PassThrough();
  let text = "";
  through.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return { stream: Object.assign(through, { isTTY: screen, columns: 20 }), text: () => text };
}

function terminalOn(screen: boolean): { terminal: Terminal; out(): string; err(): string } {
  const [out, err] = [stream(screen), stream(screen)];
  return { terminal: openTerminal(out.stream, err.stream), out: out.text, err: err.text };
}

describe("on a screen", () => {
  it("a status line fits the width, and goes before the next line", async () => {
    const { terminal, out, err } = terminalOn(true);
    terminal.status("a status that is far too long");
    await terminal.print("result");
    terminal.tell("said");
    expect(err()).toBe("a status that is fa\r\u001b[Ksaid\n");
    expect(out()).toBe("result\n");
  });

  it("a status line of wide letters fits the width too, and is cut between letters", () => {
    const { terminal, err } = terminalOn(true);
    terminal.status("storing 日本語/日本語/日本語");
    terminal.status("storing 4.dat 👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧");
    expect(err()).toBe("storing 日本語/日本\r\u001b[Kstoring 4.dat 👩‍👩‍👧👩‍👩‍👧");
  });

  it("text that goes to programs elsewhere is escaped", async () => {
    const { terminal, out } = terminalOn(true);
    await terminal.printRaw("\u001b[2J");
    expect(out()).toBe("\\u{1b}[2J\n");
  });

  it("there are colours, unless NO_COLOR is set", () => {
    vi.stubEnv("NO_COLOR", "");
    vi.stubEnv("TERM", "xterm");
    expect(terminalOn(true).terminal.style("red", "x")).toBe("\u001b[31mx\u001b[39m");
    vi.stubEnv("NO_COLOR", "1");
    expect(terminalOn(true).terminal.style("red", "x")).toBe("x");
  });
});

describe("elsewhere", () => {
  it("there is no status, no colour, and text goes out as it is", async () => {
    const { terminal, out, err } = terminalOn(false);
    terminal.status("status");
    await terminal.printRaw("\u001b[2J");
    expect([out(), err(), terminal.style("red", "x")]).toEqual(["\u001b[2J\n", "", "x"]);
  });

  it("a reader that goes away ends nothing", async () => {
    const { stream: out } = stream(false);
    const { stream: err } = stream(false);
    const terminal = openTerminal(out, err);
    out.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    await new Promise((resolve) => out.once("close", resolve));
    expect(terminal.closed).toBe(true);
    await terminal.print("unread");
    await terminal.finish();
  });

  it("a write that fails is told at the end", async () => {
    const { stream: err } = stream(false);
    const out: Output = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" })),
    });
    const terminal = openTerminal(out, err);
    await terminal.print("lost");
    await expect(terminal.finish()).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("no space left"),
    });
  });
});
