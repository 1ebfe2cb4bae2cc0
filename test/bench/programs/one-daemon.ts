// A daemon at prepared tasks, for what looks at it from outside.
//
//   node one-daemon.ts DIRECTORY TASKS process|none [done]
import { runDaemon } from "../daemon-run.ts";
import { atWorkplace } from "../workplace.ts";

const [directory = "", tasks = "", isolation, done] = process.argv.slice(2);
await atWorkplace(directory, (workplace) =>
  runDaemon(Number(tasks), workplace, {
    isolation: isolation === "none" ? "none" : "process",
    workers: 1,
    doneQueue: done === "done",
  }),
);
