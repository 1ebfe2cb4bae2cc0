import { defineTask, z } from "simpletasks";

/** Stores every input unchanged under `0_output/`. */
export default defineTask({
  name: "MY_NO_OP",
  payload: z.string(),
  // Before `execute`: what it returns is `prepared` there. Load here what the work itself needs.
  prepare(task) {
    return { outputNames: task.inputs.map((name) => name.replace("0_input/", "0_output/")) };
  },
  // The work. Its outputs lie under the task's base directory once the task is done.
  execute(task, _datasource, { inputs, prepared, log }) {
    log.info(task.payload);
    const outputs = inputs.map(({ path }, index) => [prepared.outputNames[index], { file: path }]);
    return { success: true, outputs: Object.fromEntries(outputs) };
  },
  // After `execute`, also when it returned `success: false`: to check or to clean up.
  finalize(_task, _datasource, result, { log }) {
    log.info(`stored ${Object.keys(result.outputs ?? {}).length} outputs`);
  },
});
