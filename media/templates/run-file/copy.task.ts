import { defineTask } from "simpletasks";

/** Stores every input unchanged under `0_output/`. */
export default defineTask({
  name: "COPY",
  execute(_task, _datasource, { inputs }) {
    const outputs = inputs.map(({ name, path }) => [name.replace("0_input/", "0_output/"), { file: path }]);
    return { success: true, outputs: Object.fromEntries(outputs) };
  },
});
