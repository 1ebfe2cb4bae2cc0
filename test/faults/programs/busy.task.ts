import { defineTask, z } from "simpletasks";

/** Blocks its event loop. */
export const busy = defineTask({
  name: "BUSY",
  payload: z.object({ milliseconds: z.number() }),
  execute(task) {
    const end = performance.now() + task.payload.milliseconds;
    while (performance.now() < end);
  },
});
