import type { Command as Words } from "commander";
import { examples, withLocations, withYes, type DescribeGroup } from "../options.ts";

/** Flags that choose reports. */
export interface SelectionFlags {
  readonly task?: string;
  readonly text?: string;
  readonly older?: string;
  readonly newer?: string;
  readonly batch?: string;
  readonly like?: string;
  readonly limit?: string;
  readonly all?: boolean;
}

export interface ErrorsListFlags extends SelectionFlags {
  readonly group?: boolean;
}

export interface ShowFlags {
  readonly document?: boolean;
}

export interface RetryFlags extends SelectionFlags {
  readonly with?: string;
  readonly allowUnknown?: boolean;
}

export interface DiscardFlags extends SelectionFlags {
  readonly to?: string;
}

/** `errors …` and `done …` */
export const describeReports: DescribeGroup = (program, runs) => {
  const errors = program
    .command("errors")
    .description("Looks into the error queue; sends failed tasks again, or gives them up.");

  withLocations(withLike(withListing(errors.command("list"))))
    .description("Lists the reported failures, oldest first, and leaves them where they are.")
    .option("--group", "show how many reports tell of the same error instead, the most frequent first")
    .action(runs(async () => (await import("./list.ts")).errorsList))
    .addHelpText(
      "after",
      examples(
        ["simpletasks errors list --task 'CUT_*' --newer 2h", "what failed in the last two hours"],
        ["simpletasks errors list --group", "which errors there are"],
        ["simpletasks errors list --like 17", "which reports tell of the error that report 17 tells of"],
        ["simpletasks errors list --json > errors.jsonl", "the reports as they are"],
      ),
    );

  withLocations(errors.command("show"))
    .description(
      "Shows one report: what failed, where, with which inputs and payload, and its last log lines.",
    )
    .argument("ID", "the report's id, as `errors list` shows it")
    .option("--document", "print the task's document alone, to mend it and retry with it")
    .action(runs(async () => (await import("./show.ts")).errorsShow))
    .addHelpText(
      "after",
      examples(
        ["simpletasks errors show 17", ""],
        ["simpletasks errors show 17 --json", "the report as it is"],
        ["simpletasks errors show 17 --document > task.json", "then: errors retry 17 --with task.json"],
      ),
    );

  withLocations(withLike(withSelection(errors.command("retry"))))
    .description(
      "Sends failed tasks to the task queue again; their reports are gone from the error queue then.",
    )
    .argument("[ID...]", "reports' ids, as `errors list` shows them; else filters or --all")
    .option(
      "--with <FILE>",
      "send the task in this file (- reads standard input) in place of one report's; checked as `schedule` does it",
    )
    .option("--allow-unknown", "with --with: send a task of a type that no task file here has, too")
    .action(runs(async () => (await import("./retry.ts")).errorsRetry))
    .addHelpText(
      "after",
      examples(
        ["simpletasks errors retry 17 18", "these two"],
        ["simpletasks errors retry --text 'no object' --newer 1d", "what fits all filters"],
        ["simpletasks errors retry 17 --with task.json", "with a mended document"],
        ["simpletasks errors retry --all", "everything that failed"],
      ) + afterwards("sent again"),
    );

  withYes(withLocations(withLike(withSelection(errors.command("discard")))))
    .description("Gives failed tasks up: prints their reports, one line of JSON each, and deletes them.")
    .argument("[ID...]", "reports' ids, as `errors list` shows them; else filters or --all")
    .option("--to <FILE>", "add the reports to the end of this file instead of printing them")
    .action(runs(async () => (await import("./discard.ts")).errorsDiscard))
    .addHelpText(
      "after",
      examples(
        ["simpletasks errors discard 17", "asks first"],
        ["simpletasks errors discard --older 30d --yes --to given-up.jsonl", "without asking"],
        ["simpletasks queue send tasks-errors given-up.jsonl", "has them back"],
      ) + afterwards("discarded"),
    );

  const done = program.command("done").description("Looks into the done queue.");
  withLocations(withListing(done.command("list")))
    .description("Lists the reported successes, oldest first, and leaves them where they are.")
    .action(runs(async () => (await import("./list.ts")).doneList))
    .addHelpText(
      "after",
      examples(
        ["simpletasks done list --batch 51a31486 --all", "all of one batch"],
        ["simpletasks done list --json > done.jsonl", "the reports as they are"],
      ),
    );
};

function withListing(words: Words): Words {
  return withFilters(words)
    .option("--limit <N>", "show no more than N reports (default: 100; with --json all)")
    .option("--all", "show all of them");
}

function withSelection(words: Words): Words {
  return withFilters(words)
    .option("--limit <N>", "take no more than N reports, the oldest ones")
    .option("--all", "all reports that there are now");
}

function withFilters(words: Words): Words {
  return words
    .option("--task <NAME>", "of tasks of this name; * stands for any letters")
    .option("--text <TEXT>", "with this text in the exception or the task, in upper or lower case")
    .option("--older <AGE>", "reported longer ago than 90s, 30m, 2h or 7d, say")
    .option("--newer <AGE>", "reported no longer ago than that")
    .option("--batch <ID>", "of this batch; the beginning of its id will do");
}

function withLike(words: Words): Words {
  return words.option("--like <ID>", "of the same error as this report: those that --group counts with it");
}

function afterwards(done: string): string {
  return `
A report that cannot be ${done} stays where it is and is told, and the exit code is 1. Filters that fit no report do
nothing; that is no mistake.\n`;
}
