import { fileURLToPath } from "node:url";
import { prepareTasks, type Work } from "../daemon-run.ts";
import type { Room } from "../room.ts";
import type { Reading, Scenario } from "../scenario.ts";
import { canTimeThreads, threadKinds, type ThreadTimes } from "../thread-times.ts";
import { atWorkplace } from "../workplace.ts";

const program = fileURLToPath(new URL("../programs/one-daemon.ts", import.meta.url));

interface Case {
  readonly name: string;
  readonly work: Work;
  readonly tasks: number;
  /** After the directory and the number of tasks. */
  readonly words: readonly string[];
}

export function createCostScenario(scale: number): Scenario {
  const cases: readonly Case[] = [
    { name: "workers", work: "nothing", tasks: 100_000 * scale, words: ["2", "process"] },
    { name: "isolation none", work: "nothing", tasks: 200_000 * scale, words: ["2", "none"] },
    { name: "NO_OP", work: "no-op", tasks: 2000 * scale, words: ["2", "process", "done"] },
  ];
  return {
    name: "cost",
    settings:
      "Where a task's processor time goes, for the tasks of the scenarios daemon (done queue off) and files: by the daemon's threads, what a " +
      "daemon without tasks uses taken off. V8's own threads collect garbage and compile; file threads carry out calls of the file system.",
    missing: () => (canTimeThreads() ? undefined : "only Linux tells the processor time of threads"),
    async measure(room) {
      const readings: Reading[] = [];
      for (const one of cases) {
        const idle = await time(room, { ...one, tasks: 0 });
        const busy = await time(room, one);
        for (const kind of threadKinds) {
          const value = (busy[kind] - idle[kind]) / one.tasks;
          readings.push({ name: `${one.name}: ${kind}`, value, unit: "µs/task" });
        }
      }
      return readings;
    },
  };
}

function time(room: Room, { work, tasks, words }: Case): Promise<ThreadTimes> {
  return room.inFreshDirectory(async (directory) => {
    await atWorkplace(directory, (workplace) => prepareTasks(work, tasks, workplace));
    return JSON.parse(await room.run(process.execPath, [program, directory, String(tasks), ...words]));
  });
}
