import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineTask } from "simpletasks";

/** Writes into its scratch directory, says where that is, and goes on until it is given up. */
export const scratches = defineTask({
  name: "SCRATCHES",
  async execute(_task, _datasource, { scratch, log, signal }) {
    writeFileSync(join(scratch, "large.dat"), "x".repeat(1000));
    log.info(`scratch ${scratch}`);
    await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  },
});
