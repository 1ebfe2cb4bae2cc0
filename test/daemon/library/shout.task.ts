import { readFile } from "node:fs/promises";
import { defineTask, z } from "simpletasks";

export default defineTask({
  name: "SHOUT",
  payload: z.object({ mark: z.string() }),
  async execute(task, _datasource, { inputs }) {
    const text = await readFile(inputs[0]?.path ?? "", "utf8");
    return { success: true, outputs: { "shouted.txt": text.toUpperCase() + task.payload.mark } };
  },
});
