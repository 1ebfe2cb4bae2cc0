import { PassThrough } from "node:stream";
import type { Command as Words, Option } from "commander";
import { z } from "zod";
import { flagNames } from "../../../daemon/cli/call.ts";
import { describeCommands } from "../../../daemon/cli/commands.ts";
import { exitCodesHelp } from "../../../daemon/cli/exit-codes.ts";
import { openTerminal } from "../../../daemon/cli/terminal.ts";
import { environmentNames } from "../../../daemon/config/environment.ts";
import { workspaceSchema } from "../../../daemon/config/workspace-schema.ts";

/** The heading of the flags that are settings, in every command's help. */
const settingsHeading = "Settings:";

/** `docs/cli.md`, made from the commands that the program has. */
export function commandsPage(): string {
  const program = describeProgram();
  const headings = Map.groupBy(commandsOf(program), (command) => command.helpGroup().replace(/:$/, ""));
  return `# The command line

Made from the commands themselves; do not edit by hand: \`npx vitest run test/daemon/cli/commands-page.test.ts -u\`.
\`simpletasks help COMMAND\` shows the same on a terminal.

${program.description()}

${table(
  ["command", "what it does"],
  [...headings].flatMap(([heading, commands]) => contentsOf(heading, commands)),
)}

More: [settings](#settings), [what all commands have in common](#what-all-commands-have-in-common), [exit codes](#exit-codes).

${[...headings].map(([heading, commands]) => `## ${heading}\n\n${commands.flatMap(sectionsOf).join("\n")}`).join("\n")}
## Settings

Flags of every command that names them under *settings*. A setting that has no flag is taken from the environment, else from
\`simpletasks.json\`, else it has its default: [configuration.md](configuration.md) has every range and default.

${table(["flag", "what it does", "default", "environment"], settingsOf(program).map(settingRow))}

## What all commands have in common

- Results go to standard output, everything about them to standard error. With \`--json\` results are JSON: one object, or one a line for lists.
- A list that is longer than the screen goes through \`$PAGER\` (\`less -FRX\` where none is named; \`PAGER=cat\` for none). It is cut to the width of
  the screen; elsewhere nothing is cut. \`--json\` has every text as it is; elsewhere what could harm a terminal is shown as \`\\u{…}\`.
- What destroys something asks first. Where no person can be asked, \`--yes\` is needed.
- Colours go to screens alone, and not where \`NO_COLOR\` is set.
- What begins with \`-\` and is no flag follows \`--\`: \`simpletasks bucket rm -- -key\`.
- Ctrl-C stops every command between two steps; a second one ends it at once. \`daemon\` first finishes what it has begun.

## Exit codes

${table(["code", "meaning"], exitCodeRows())}
`;
}

function describeProgram(): Words {
  const silent = openTerminal(new PassThrough(), new PassThrough());
  return describeCommands(silent, async () => {});
}

function commandsOf(words: Words): readonly Words[] {
  return words.commands.filter((command) => command.name() !== "help");
}

function contentsOf(heading: string, commands: readonly Words[]): string[][] {
  const links = commands.flatMap(leavesOf).map((command) => {
    const [first = ""] = command.description().split(/(?<=\.) /);
    return [`[${pathOf(command)}](#${anchorOf(command)})`, cell(first)];
  });
  return [[`**${heading}**`, ""], ...links];
}

/** The commands that can be run: a group has commands of its own. */
function leavesOf(command: Words): readonly Words[] {
  const below = commandsOf(command);
  return below.length === 0 ? [command] : below.flatMap(leavesOf);
}

/** "bucket ls" */
function pathOf(command: Words): string {
  const above = command.parent;
  return above?.parent === null || above === null ? command.name() : `${pathOf(above)} ${command.name()}`;
}

function anchorOf(command: Words): string {
  return pathOf(command).replaceAll(" ", "-");
}

function sectionsOf(command: Words): readonly string[] {
  return leavesOf(command).map(sectionOf);
}

function sectionOf(command: Words): string {
  const own = command.options.filter((option) => option.helpGroupHeading !== settingsHeading);
  const settings = settingsIn(command);
  const words = command.registeredArguments.map((argument) => [
    code(argument.name()),
    cell(argument.description),
  ]);
  const { examples, remarks } = afterwordsOf(command);
  return [
    `### ${pathOf(command)}`,
    `\`\`\`text\nsimpletasks ${pathOf(command)} ${command.usage()}\n\`\`\``,
    prose(command.description()),
    words.length === 0 ? "" : table(["word", "what it is"], words),
    own.length === 0
      ? ""
      : table(
          ["flag", "what it does"],
          own.map((option) => [code(option.flags), cell(option.description)]),
        ),
    settings.length === 0
      ? ""
      : `[Settings](#settings): ${settings.map(({ long }) => code(long ?? "")).join(", ")}.`,
    examples === "" ? "" : `<!-- not run: the tests of each command do -->\n\n\`\`\`sh\n${examples}\n\`\`\``,
    remarks,
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

/** What the help of a command says after its flags: examples to copy, then remarks. */
function afterwordsOf(command: Words): { readonly examples: string; readonly remarks: string } {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  const after = help.slice(command.helpInformation().length);
  const [, shown = "", rest = ""] = /^\nExamples:\n((?: {2}.*\n)*)([^]*)$/.exec(after) ?? [];
  const lines = shown.trimEnd().split("\n").map(exampleLine);
  return { examples: lines.join("\n"), remarks: remarksOf(rest) };
}

/** Two spaces and more part a command from its note. */
function exampleLine(line: string): string {
  const [, command = "", note] = /^ {2}(.*?)(?: {2,}(.*))?$/.exec(line) ?? [];
  return note === undefined ? command : `${command}  # ${note}`;
}

/** Lines that are indented are code; the others are one paragraph. */
function remarksOf(text: string): string {
  const parts: { isCode: boolean; lines: string[] }[] = [];
  for (const line of text.trim().split("\n")) {
    const isCode = line.startsWith("  ");
    const last = parts.at(-1);
    if (last?.isCode === isCode) last.lines.push(line.trim());
    else parts.push({ isCode, lines: [line.trim()] });
  }
  return parts
    .map(({ isCode, lines }) => (isCode ? `\`\`\`json\n${lines.join("\n")}\n\`\`\`` : prose(lines.join(" "))))
    .join("\n\n");
}

function settingsIn(command: Words): readonly Option[] {
  return command.options.filter((option) => option.helpGroupHeading === settingsHeading);
}

/** Every setting that any command takes, once. */
function settingsOf(program: Words): readonly Option[] {
  const all = commandsOf(program).flatMap(leavesOf).flatMap(settingsIn);
  return [...new Map(all.map((option) => [option.long, option])).values()];
}

function settingRow(option: Option): string[] {
  const [setting = "", variable = ""] =
    Object.entries(environmentNames).find(([name]) => flagOf(name) === option.long) ?? [];
  const others: Readonly<Record<string, string>> = {
    "--profile": "SIMPLETASKS_PROFILE",
    "--config": "SIMPLETASKS_CONFIG",
  };
  const environment = others[option.long ?? ""] ?? variable;
  return [code(option.flags), cell(option.description), cell(defaultOf(setting)), code(environment)];
}

function flagOf(setting: string): string | undefined {
  return Object.entries(flagNames).find(([name]) => name === setting)?.[1];
}

/** What the schema of `simpletasks.json` says of a setting that nobody gives. */
function defaultOf(setting: string): string {
  const { profiles, daemon } = workspaceSchema.shape;
  const shape: Readonly<Record<string, z.ZodType>> = {
    ...profiles.unwrap().valueType.shape,
    ...daemon.unwrap().shape,
  };
  const schema = shape[setting];
  const description = schema && (schema.description ?? z.toJSONSchema(schema).description);
  return / Default: (.*)\.$/s.exec(description ?? "")?.[1] ?? "";
}

function exitCodeRows(): string[][] {
  return exitCodesHelp
    .split("\n")
    .slice(1)
    .map((line) => /^ {2}(\d+) +(.*)$/.exec(line)?.slice(1) ?? [])
    .map(([number = "", meaning = ""]) => [number, cell(meaning)]);
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(titles), `|${titles.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text.replaceAll("|", String.raw`\|`)}\``;
}

/** Help speaks to a terminal; here flags, files and patterns are marked as code. */
function cell(text: string): string {
  return prose(text).replaceAll("|", String.raw`\|`);
}

function prose(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : marked(part)))
    .join("");
}

function marked(text: string): string {
  return text
    .replaceAll(/(?<![\w-])(--[a-z][a-z-]*)/g, "`$1`")
    .replaceAll(/(?<=^|[ (])([\w./*-]*\*[\w./*-]*)(?=$|[ ,;:)])/g, "`$1`");
}
