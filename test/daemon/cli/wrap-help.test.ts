import { PassThrough } from "node:stream";
import type { Command as Words } from "commander";
import { expect, it } from "vitest";
import { describeCommands } from "../../../daemon/cli/commands.ts";
import { openTerminal } from "../../../daemon/cli/terminal.ts";
import { wrapHelp } from "../../../daemon/cli/wrap-help.ts";

it("gives a note that does not fit a line of its own, and leaves the others beside their commands", () => {
  const text = `
Examples:
  simpletasks a                  short
  simpletasks a --long LONG      a note that is longer than this screen
`;
  expect(wrapHelp(text, 40)).toBe(`
Examples:
  simpletasks a                  short
  simpletasks a --long LONG
      a note that is longer than this
      screen
`);
});

it("lets exit codes hang, and fills paragraphs", () => {
  const text = "Exit codes:\n  1    one two three four\n\nfive six seven eight\nnine ten";
  expect(wrapHelp(text, 16)).toBe(
    "Exit codes:\n  1    one two\n       three\n       four\n\nfive six seven\neight nine ten",
  );
});

it("keeps what is to be copied whole", () => {
  expect(wrapHelp('As in:\n  {"task": "NO_OP", "inputs": ["0.dat"]}', 20)).toBe(
    'As in:\n  {"task": "NO_OP", "inputs": ["0.dat"]}',
  );
});

it("fits every command's help to 80 columns, but for its examples' commands and JSON", () => {
  const screen = Object.assign(new PassThrough({ highWaterMark: 1024 * 1024 }), { isTTY: true, columns: 80 });
  const program = describeCommands(openTerminal(screen, new PassThrough()), async () => {});
  for (const command of leavesOf(program)) command.outputHelp();
  const lines = String(screen.read()).split("\n");
  const tooLong = lines.filter(
    (line) => line.length > 80 && !/^ {2}(\S+ )*simpletasks |^ {2}\{|^Usage: /.test(line),
  );
  expect(lines.length).toBeGreaterThan(300);
  expect(tooLong).toEqual([]);
});

function leavesOf(words: Words): readonly Words[] {
  return words.commands.length === 0 ? [words] : [words, ...words.commands.flatMap(leavesOf)];
}
