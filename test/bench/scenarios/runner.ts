import { fileURLToPath } from "node:url";
import { createInProcessRunner } from "../../../shared/daemon/in-process/runner.ts";
import type { AttemptHooks, Runner } from "../../../shared/daemon/runner.ts";
import { createWorkerPool } from "../../../shared/daemon/workers/pool.ts";
import { defineTask } from "../../../shared/task/define.ts";
import { taskText } from "../../../shared/task/document.ts";
import { unusedDatasource } from "../../shared/daemon/fake-staged.ts";
import { processorTime } from "../processor-time.ts";
import type { Reading, Scenario } from "../scenario.ts";
import { perSecond } from "../statistics.ts";

const text = taskText({
  id: 1,
  name: "NOTHING",
  baseDirectory: "bench",
  inputs: [],
  payload: "nothing to do",
});
const nothing = defineTask({ name: "NOTHING" });
const file = fileURLToPath(new URL("../programs/nothing.task.ts", import.meta.url));

export function createRunnerScenario(scale: number): Scenario {
  const attempts = 100_000 * scale;
  return {
    name: "runner",
    settings: `The runners by themselves, from the sources, without queue and reports: ${attempts.toLocaleString("en")} attempts at a task type that does nothing.`,
    async measure() {
      const workers = (count: number) => () => createWorkerPool({ taskFiles: [file], workers: count });
      return [
        ...(await readings("one worker process", attempts, workers(1))),
        ...(await readings("two worker processes", attempts, workers(2))),
        ...(await readings("in this process", attempts, () => createInProcessRunner({ types: [nothing] }))),
      ];
    },
  };
}

async function readings(name: string, attempts: number, create: () => Runner): Promise<readonly Reading[]> {
  await using runner = create();
  await runner.start();
  await runMany(runner, attempts / 20);
  const before = processorTime();
  const rate = await perSecond(() => runMany(runner, attempts));
  const used = processorTime().own - before.own;
  return [
    { name, value: rate, unit: "attempts/s" },
    { name: `${name}: processor time of this side`, value: used / attempts, unit: "µs/attempt" },
  ];
}

/** Keeps as many attempts in the runner as it takes. */
async function runMany(runner: Runner, count: number): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const attemptId = ++next;
      const order = { attemptId, name: "NOTHING", text, attempt: 1, inputs: [], scratch: "/nowhere" };
      const outcome = await runner.run(order, new Hooks());
      if (outcome.kind !== "succeeded") throw new Error(JSON.stringify(outcome));
    }
  };
  await Promise.all(Array.from({ length: runner.slots + runner.ahead }, lane));
  return count;
}

class Hooks implements AttemptHooks {
  readonly datasource = unusedDatasource;
  readonly aborted = false;
  readonly signal = new AbortController().signal;
  onStart(): void {}
  onLog(): void {}
  onProgress(): void {}
}
