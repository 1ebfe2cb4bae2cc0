import { readFile } from "node:fs/promises";
import { defineTask, z } from "simpletasks";
import { Thresholds } from "./thresholds.ts";

/** Counts the sizes in each input, one a line, by the classes that the thresholds make. */
export default defineTask({
  name: "COUNT_BY_SIZE",
  payload: z
    .strictObject({ id: z.string().min(1), thresholds: z.array(z.number()).min(1) })
    .transform(({ id, thresholds }) => new Thresholds(id, thresholds)),
  async execute({ payload: thresholds }, _datasource, { inputs }) {
    const counts = [0, ...thresholds.bounds.map(() => 0)];
    for (const { path } of inputs) {
      for (const line of (await readFile(path, "utf8")).trim().split("\n")) {
        const found = thresholds.classOf(Number(line));
        counts[found] = (counts[found] ?? 0) + 1;
      }
    }
    return { success: true, outputs: { [`1_counts/${thresholds.id}.json`]: JSON.stringify(counts) } };
  },
});
