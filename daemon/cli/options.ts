import { Option, type Command as Words } from "commander";
import type { Command } from "./call.ts";

/** Adds a group's commands to the program, with their words, flags and examples. */
export type DescribeGroup = (program: Words, runs: Runs) => void;

/** The action of a command whose code loads when it runs: help needs none of it. `Own` are the flags that it alone has. */
export type Runs = <Own extends object>(
  load: () => Promise<Command<Own>>,
) => (...given: unknown[]) => Promise<void>;

/** Flags of every command that reads settings. */
export function withSettings(words: Words): Words {
  return words
    .addOption(
      setting(
        "--engines <NAME>",
        "what bare names mean: local; aws and hybrid need SQS, S3 and Google Cloud Storage, not built yet",
      ),
    )
    .addOption(setting("--profile <NAME>", "the profile of simpletasks.json"))
    .addOption(
      setting(
        "--config <FILE>",
        "the simpletasks.json to read, or none (default: the nearest, here or above)",
      ),
    )
    .option("--json", "print JSON for other programs");
}

/** Flags of every command that works on the queues and the bucket. */
export function withLocations(words: Words): Words {
  withSettings(words)
    .addOption(setting("--task-queue <URL>", "where tasks wait"))
    .addOption(setting("--error-queue <URL>", "where failures are reported"))
    .addOption(setting("--done-queue <URL>", "where successes are reported, or none"));
  return withCache(withBucket(words)).addOption(
    setting("--lease <SECONDS>", "how long a lease lasts until it is renewed"),
  );
}

/** The flag of commands that work on objects. */
export function withBucket(words: Words): Words {
  return words.addOption(setting("--bucket <URL>", "where inputs and outputs lie"));
}

/** The flag of commands that work on the cache. */
export function withCache(words: Words): Words {
  return words.addOption(setting("--cache <DIR>", "this machine's copies of objects"));
}

/** The flag of commands that open the cache. */
export function withSharedCache(words: Words): Words {
  return words.option(
    "--shared-cache",
    "use a cache folder that other users may enter too (default: refuse it)",
  );
}

/** Flags of commands that run tasks. */
export function withRunning(words: Words): Words {
  return words
    .option("--workers <N>", "how many tasks run at once (default: one a processor)")
    .option("--isolation <NAME>", "where task files run: process (workers) or none (in the daemon itself)")
    .option("--attempts <N>", "how many attempts a task gets (default: 3)")
    .option("--poll <SECONDS>", "how long a receive waits in an empty queue (default: 5)");
}

/** The flag of commands that destroy something; `confirm.ts` asks where it is not given. */
export function withYes(words: Words): Words {
  return words.option("--yes", "do not ask first");
}

/** What `--help` shows at its end: commands to copy, each with a few words about it. */
export function examples(...lines: readonly (readonly [command: string, note: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  const shown = lines.map(([command, note]) =>
    `  ${command.padEnd(note === "" ? 0 : width)}  ${note}`.trimEnd(),
  );
  return `\nExamples:\n${shown.join("\n")}\n`;
}

function setting(flags: string, description: string): Option {
  return new Option(flags, description).helpGroup("Settings:");
}
