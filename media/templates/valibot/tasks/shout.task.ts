import { readFile } from "node:fs/promises";
import { defineTask } from "simpletasks";
import * as v from "valibot";

/** Writes every input in capitals. */
export default defineTask({
  name: "SHOUT",
  payload: v.object({
    mark: v.optional(v.picklist(["!", "!!", "?!"]), "!"),
  }),
  async execute(task, _datasource, { inputs }) {
    const outputs: Record<string, string> = {};
    for (const { name, path } of inputs) {
      const text = (await readFile(path, "utf8")).trim();
      outputs[`shouted/${name}`] = `${text.toUpperCase()}${task.payload.mark}\n`;
    }
    return { success: true, outputs };
  },
});
