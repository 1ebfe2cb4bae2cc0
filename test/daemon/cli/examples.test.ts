import { readFile } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { describeCommands } from "../../../daemon/cli/commands.ts";
import { openTerminal } from "../../../daemon/cli/terminal.ts";

/** What stands after `simpletasks` in each line of the page's blocks, up to a pipe, a redirection or a note. */
async function examplesOf(page: string): Promise<string[]> {
  const text = await readFile(new URL(`../../../${page}`, import.meta.url), "utf8");
  const blocks = text.matchAll(/^```(?:sh|console|text)\n([^]*?)^```$/gm);
  return [...blocks].flatMap(([, block = ""]) =>
    [
      ...block.matchAll(
        /^(?:\$ )?(?:[\w-]+ \| )?simpletasks ((?:'[^']*'|"[^"]*"|[^'"|>\n])*?)(?= {2}#| 2?>| \||$)/gm,
      ),
    ]
      .map(([, words = ""]) => words)
      .filter((words) => !/\[|\bCOMMAND\b/.test(words)),
  );
}

/** The words as a shell hands them over. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/['"]/g, ""));
}

test.each(["docs/cli.md", "docs/batches.md", "docs/task-types.md", "docs/configuration.md", "README.md"])(
  "every command that %s shows is one that the program takes",
  async (page) => {
    const refused: string[] = [];
    const examples = await examplesOf(page);
    for (const example of examples) {
      const errors = new PassThrough();
      let ran = 0;
      const program = describeCommands(openTerminal(new PassThrough(), errors), async () => {
        ran += 1;
      });
      await program.parseAsync(wordsOf(example), { from: "user" }).catch(() => {});
      if (ran !== 1) refused.push(`simpletasks ${example}: ${String(errors.read())}`);
    }
    expect(refused).toEqual([]);
    if (page === "docs/cli.md") expect(examples.length).toBeGreaterThan(50);
  },
);
