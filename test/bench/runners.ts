import { fileURLToPath } from "node:url";
import { createInProcessRunner } from "../../shared/daemon/in-process/runner.ts";
import type { AttemptHooks, Runner } from "../../shared/daemon/runner.ts";
import { createWorkerPool } from "../../shared/daemon/workers/pool.ts";
import { taskText } from "../../shared/task/document.ts";
import { unusedDatasource } from "../shared/daemon/fake-staged.ts";
import { rate, type Measure } from "./measure.ts";
import { nothing } from "./nothing.task.ts";

const text = taskText({
  id: 1,
  name: "NOTHING",
  baseDirectory: "bench",
  inputs: [],
  payload: "nothing to do",
});
const file = fileURLToPath(new URL("nothing.task.ts", import.meta.url));

/** The runners by themselves: attempts of a task type that does nothing, without queue and reports. */
export const runnerMeasures: readonly Measure[] = [
  measure("runner: one worker process", () => createWorkerPool({ taskFiles: [file], workers: 1 })),
  measure("runner: two worker processes", () => createWorkerPool({ taskFiles: [file], workers: 2 })),
  measure("runner: in this process", () => createInProcessRunner({ types: [nothing] })),
];

function measure(name: string, create: () => Runner): Measure {
  return {
    name,
    unit: "attempts/s",
    async run(scale) {
      await using runner = create();
      await runner.start();
      await runMany(runner, 5000 * scale);
      return await rate(() => runMany(runner, 100_000 * scale));
    },
  };
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
