import { setTimeout as pause } from "node:timers/promises";
import { defineTask } from "simpletasks";

/** Takes as many milliseconds as its payload says, and stores one output. */
export const wait = defineTask({
  name: "WAIT",
  async execute({ id, payload }) {
    await pause(Number(payload));
    return { success: true, outputs: { [`out/${id}.txt`]: "done" } };
  },
});
