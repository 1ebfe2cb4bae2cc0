import {
  examples,
  withBucket,
  withCache,
  withSettings,
  withSharedCache,
  withYes,
  type DescribeGroup,
} from "../options.ts";

/** Flags that every `cache` command has. */
export interface CacheFlags {
  readonly sharedCache?: boolean;
}

/** Flags that `cache verify` has. */
export interface VerifyFlags extends CacheFlags {
  readonly withBucket?: boolean;
}

/** `cache …` */
export const describeCache: DescribeGroup = (program, runs) => {
  const cache = program
    .command("cache")
    .description("Looks after this machine's copies of objects; also while daemons use them.");

  withSharedCache(withCache(withSettings(cache.command("status"))))
    .description("Shows how much the cache holds, how much of that is in use, and by which processes.")
    .action(runs(async () => (await import("./status.ts")).cacheStatus))
    .addHelpText("after", examples(["simpletasks cache status --json", ""]));

  withSharedCache(withBucket(withCache(withSettings(cache.command("verify")))))
    .description("Reads every cached file again and removes those whose bytes are not what was stored.")
    .option("--with-bucket", "compare with the bucket's objects too, and remove what is no longer theirs")
    .action(runs(async () => (await import("./verify.ts")).cacheVerify))
    .addHelpText(
      "after",
      examples(
        ["simpletasks cache verify", "after a disk has failed"],
        ["simpletasks cache verify --with-bucket --json", "what was removed, and why"],
      ) + "\nExit code 1 means that damaged files were found: they are removed, and tasks fetch them anew.",
    );

  withSharedCache(withCache(withYes(withSettings(cache.command("clear")))))
    .description("Removes every cached file that no task needs now. Tasks fetch them anew.")
    .action(runs(async () => (await import("./clear.ts")).cacheClear))
    .addHelpText(
      "after",
      examples(["simpletasks cache clear --yes", "without asking"]) +
        "\nFiles in use stay, and so do files that SimpleTasks did not put there.",
    );
};
