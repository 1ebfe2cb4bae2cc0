// Sends tasks one at a time, with pauses, and prints how long each send took, in milliseconds, as one JSON list.
//
//   node sender.ts DIRECTORY COUNT PAUSE_MS
import { setTimeout as pause } from "node:timers/promises";
import { taskText } from "../../../shared/task/document.ts";
import { openQueue } from "../product.ts";
import { queueUrl } from "../workplace.ts";

const [directory = "", count = "", pauseMilliseconds = ""] = process.argv.slice(2);
await using queue = await openQueue(queueUrl("tasks"), { baseDirectory: directory });
const durations: number[] = [];
for (let id = 0; id < Number(count); id += 1) {
  await pause(Number(pauseMilliseconds));
  const start = performance.now();
  const payload = String(process.hrtime.bigint());
  await queue.send([{ body: taskText({ id, name: "TOLD", baseDirectory: "bench", inputs: [], payload }) }]);
  durations.push(performance.now() - start);
}
console.log(JSON.stringify(durations));
