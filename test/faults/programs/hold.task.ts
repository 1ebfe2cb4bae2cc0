import { spawn } from "node:child_process";
import { existsSync, watch } from "node:fs";
import { dirname } from "node:path";
import { defineTask, z } from "simpletasks";

/** Says "holding" and its process id, then waits for a file. */
export const holds = defineTask({
  name: "HOLDS",
  payload: z.object({ until: z.string() }),
  async execute(task, datasource, { log }) {
    await datasource.put("set/held/early.txt", "put before the end");
    log.info(`holding ${process.pid}`);
    await appears(task.payload.until);
    return { success: true, outputs: { [`0_output/${task.id}.txt`]: "held" } };
  },
});

/** Ends by an error of its own as soon as it is told to give up. */
export const obeys = defineTask({
  name: "OBEYS",
  async execute(_task, datasource, { log, signal }) {
    await datasource.put("set/held/early.txt", "put before the end");
    log.info(`holding ${process.pid}`);
    await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  },
});

/** Starts a program, then computes without a pause: it hears of nothing. */
export const computes = defineTask({
  name: "COMPUTES",
  execute(_task, _datasource, { log }) {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
    log.info(`started ${child.pid}`);
    log.info(`holding ${process.pid}`);
    for (;;);
  },
});

async function appears(file: string): Promise<void> {
  const watcher = watch(dirname(file));
  const found = new Promise<void>((resolve) => {
    watcher.on("change", () => existsSync(file) && resolve());
  });
  if (!existsSync(file)) await found;
  watcher.close();
}
