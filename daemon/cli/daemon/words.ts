import { examples, withLocations, withRunning, withSharedCache, type DescribeGroup } from "../options.ts";

/** Flags that only `daemon` has. */
export interface DaemonFlags {
  readonly untilDrained?: boolean;
  readonly sharedCache?: boolean;
}

/** `daemon` */
export const describeDaemon: DescribeGroup = (program, runs) => {
  withSharedCache(withRunning(withLocations(program.command("daemon"))))
    .description("Runs tasks until it is stopped.")
    .argument(
      "[WORDS...]",
      "the classic form: TASK_QUEUE ERROR_QUEUE [DONE_QUEUE] BUCKET CACHE_DIRECTORY POLL_SECONDS",
    )
    .option("--report-days <DAYS>", "how long reports are kept in SQLite, 0 for good (default: 14)")
    .option("--until-drained", "end when nothing is left in the task queue")
    .action(runs(async () => (await import("./daemon.ts")).daemon))
    .addHelpText(
      "after",
      examples(
        ["simpletasks daemon --until-drained", "run what is there, then end"],
        ["simpletasks daemon tasks errors datasets /var/cache/simpletasks 5", "SimpleTasks' classic form"],
      ) + "\nThe log goes to standard error: lines for people on a screen, else one JSON object a line.",
    );
};
