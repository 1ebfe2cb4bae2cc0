// A daemon at prepared tasks, for what looks at it from outside. Prints what its threads used, as JSON.
//
//   node one-daemon.ts DIRECTORY TASKS WORKERS process|none [done]
import { runDaemon } from "../daemon-run.ts";
import { watchThreads } from "../thread-times.ts";
import { atWorkplace } from "../workplace.ts";

const [directory = "", tasks = "", workers = "", isolation, done] = process.argv.slice(2);
const watched = watchThreads();
await atWorkplace(directory, (workplace) =>
  runDaemon(Number(tasks), workplace, {
    isolation: isolation === "none" ? "none" : "process",
    workers: Number(workers),
    doneQueue: done === "done",
  }),
);
console.log(JSON.stringify(watched.stop()));
