import { SimpleTasksError } from "../errors.ts";
import { defineTask } from "./define.ts";
import type { Output } from "./task-type.ts";

/** Built in everywhere: takes any payload and stores each input unchanged under `0_output/`, by the last part of its name. */
export const noOp = defineTask({
  name: "NO_OP",
  execute(_task, _datasource, { inputs }) {
    const outputs: Record<string, Output> = {};
    const sources = new Map<string, string>();
    for (const { name, path } of inputs) {
      const output = `0_output/${name.slice(name.lastIndexOf("/") + 1)}`;
      const other = sources.get(output);
      if (other !== undefined && other !== name) {
        throw new SimpleTasksError(
          "task_failed",
          `Both inputs ${other} and ${name} would be stored as ${output}`,
          {
            hint: "Put them into separate tasks.",
          },
        );
      }
      sources.set(output, name);
      outputs[output] = { file: path };
    }
    return { success: true, outputs };
  },
});
