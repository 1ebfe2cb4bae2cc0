import { prepareTasks, runDaemon, type RunOptions, type Work } from "../daemon-run.ts";
import { processorTime } from "../processor-time.ts";
import type { Room } from "../room.ts";
import type { Reading, Scenario } from "../scenario.ts";
import { atWorkplace } from "../workplace.ts";

export function createDaemonScenarios(scale: number): readonly Scenario[] {
  const many = 100_000 * scale;
  const files = 2000 * scale;
  const start =
    "From the daemon's start to the drained queue, in one SQLite file with the reports, two tasks at a time";
  return [
    {
      name: "daemon",
      settings:
        `${start}: ${many.toLocaleString("en")} tasks of a type without inputs and outputs that does nothing. The daemon's ` +
        "processor time is that of all its threads.",
      async measure(room) {
        const workers = { work: "nothing", tasks: many, isolation: "process" } as const;
        const none = { work: "nothing", tasks: 2 * many, isolation: "none" } as const;
        return [
          ...(await readings(room, "workers", { ...workers, doneQueue: false, target: 20_000 })),
          ...(await readings(room, "workers, done queue", { ...workers, doneQueue: true })),
          ...(await readings(room, "isolation none", { ...none, doneQueue: false, target: 40_000 })),
          ...(await readings(room, "isolation none, done queue", { ...none, doneQueue: true })),
        ];
      },
    },
    {
      name: "files",
      settings: `${start}: ${files.toLocaleString("en")} tasks NO_OP, each with one input of 1 KB that it stores as its output; file bucket, done queue.`,
      measure: (room) =>
        readings(room, "NO_OP", { work: "no-op", tasks: files, isolation: "process", doneQueue: true }),
    },
  ];
}

interface Given extends Omit<RunOptions, "workers"> {
  readonly work: Work;
  readonly tasks: number;
  readonly target?: number;
}

function readings(room: Room, name: string, given: Given): Promise<readonly Reading[]> {
  const { work, tasks, target } = given;
  return room.inFreshDirectory((directory) =>
    atWorkplace(directory, async (workplace) => {
      await prepareTasks(work, tasks, workplace);
      const before = processorTime();
      const { seconds } = await runDaemon(tasks, workplace, { ...given, workers: 2 });
      const after = processorTime();
      const cost = (side: string, used: number): Reading => ({
        name: `${name}: processor time of ${side}`,
        value: used / tasks,
        unit: "µs/task",
      });
      return [
        {
          name,
          value: tasks / seconds,
          unit: "tasks/s",
          ...(target !== undefined && { target: { atLeast: target } }),
        },
        cost("the daemon", after.own - before.own),
        ...(work === "nothing" && given.isolation === "process" && after.children !== undefined
          ? [cost("the workers", after.children - (before.children ?? 0))]
          : []),
      ];
    }),
  );
}
