import { defineTask } from "simpletasks";

/** Logs how long ago its payload was sent, in nanoseconds by the clock that all processes of the machine share. */
export const told = defineTask({
  name: "TOLD",
  execute({ payload }, _datasource, { log }) {
    const now = process.hrtime.bigint();
    log.info(String(now - BigInt(String(payload))));
  },
});
