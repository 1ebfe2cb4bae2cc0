import { readdirSync, watch, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineTask, z } from "simpletasks";

/** Joins its inputs. No task begins before tasks of so many daemons have: each leaves a file with its daemon's process id. */
export const joins = defineTask({
  name: "JOINS",
  payload: z.object({ meetAt: z.string(), daemons: z.number() }),
  async prepare({ payload: { meetAt, daemons } }) {
    const watcher = watch(meetAt);
    const all = new Promise<void>((resolve) => {
      watcher.on("change", () => readdirSync(meetAt).length >= daemons && resolve());
    });
    writeFileSync(join(meetAt, String(process.ppid)), "");
    if (readdirSync(meetAt).length < daemons) await all;
    watcher.close();
  },
  async execute(task, _datasource, { inputs }) {
    const texts = await Promise.all(inputs.map(({ path }) => readFile(path, "utf8")));
    return { success: true, outputs: { [`0_output/${task.id}.txt`]: texts.join("") } };
  },
});
