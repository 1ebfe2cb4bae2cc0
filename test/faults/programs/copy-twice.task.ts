import { readFile } from "node:fs/promises";
import { defineTask, z } from "simpletasks";

/** Ends the daemon at the how-many-th time that a phase begins in this worker: `KILL_DAEMON_AT=execute:3`. */
const [killPhase, killCount] = (process.env["KILL_DAEMON_AT"] ?? "").split(":");
let left = Number(killCount);

function begins(phase: string): void {
  if (phase !== killPhase) return;
  left -= 1;
  if (left === 0) process.kill(process.ppid, "SIGKILL");
}

export const copyTwice = defineTask({
  name: "COPY_TWICE",
  payload: z.object({ fails: z.boolean() }),
  environment: ["KILL_DAEMON_AT"],
  prepare() {
    begins("prepare");
  },
  async execute(task, _datasource, { inputs }) {
    begins("execute");
    if (task.payload.fails) throw new Error("made to fail");
    const text = await readFile(inputs[0]?.path ?? "", "utf8");
    return {
      success: true,
      outputs: { [`0_output/${task.id}.once`]: text, [`0_output/${task.id}.twice`]: text + text },
    };
  },
});
