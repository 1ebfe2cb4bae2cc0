// Attempts per second of a task type that does nothing: through worker processes and inside this process.
// `node test/bench/workers.ts [attempts]`
import { fileURLToPath } from "node:url";
import { createInProcessRunner } from "../../shared/daemon/in-process/runner.ts";
import type { AttemptHooks, Runner } from "../../shared/daemon/runner.ts";
import { createWorkerPool } from "../../shared/daemon/workers/pool.ts";

import { taskText } from "../../shared/task/document.ts";
import { nothing } from "./nothing.task.ts";
import { unusedDatasource } from "../shared/daemon/fake-staged.ts";

const attempts = Number(process.argv[2] ?? 100_000);
const text = taskText({
  id: 1,
  name: "NOTHING",
  baseDirectory: "datasets/one",
  inputs: [],
  payload: "nothing to do",
});

async function measure(label: string, runner: Runner): Promise<void> {
  await runner.start();
  await runMany(runner, 5000);
  const rates: number[] = [];
  for (let round = 0; round < 3; round++) {
    const cpu = process.cpuUsage();
    const from = performance.now();
    await runMany(runner, attempts);
    const seconds = (performance.now() - from) / 1000;
    const used = process.cpuUsage(cpu);
    rates.push(attempts / seconds);
    console.log(
      `${label}: ${Math.round(attempts / seconds).toLocaleString("en")} attempts/s, ${((used.user + used.system) / attempts).toFixed(1)} µs of this process each`,
    );
  }
  await runner[Symbol.asyncDispose]();
}

/** Keeps as many attempts in the runner as it takes. */
async function runMany(runner: Runner, count: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const attemptId = ++next;
      const outcome = await runner.run(
        { attemptId, name: "NOTHING", text, attempt: 1, inputs: [], scratch: "/nowhere" },
        new Hooks(),
      );
      if (outcome.kind !== "succeeded") throw new Error(JSON.stringify(outcome));
    }
  };
  await Promise.all(Array.from({ length: runner.slots + runner.ahead }, lane));
}

class Hooks implements AttemptHooks {
  readonly #controller = new AbortController();
  readonly datasource = unusedDatasource;
  get signal(): AbortSignal {
    return this.#controller.signal;
  }
  onStart(): void {}
  onLog(): void {}
  onProgress(): void {}
}

for (const workers of [1, 2]) {
  await measure(
    `workers: ${workers}`,
    createWorkerPool({
      taskFiles: [fileURLToPath(new URL("nothing.task.ts", import.meta.url))],
      workers,
      attemptsPerWorker: Infinity,
    }),
  );
}
await measure("in process", createInProcessRunner({ types: [nothing] }));
