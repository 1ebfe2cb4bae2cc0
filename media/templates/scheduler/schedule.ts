import { openQueue, schedule, type TaskDraft } from "simpletasks";

/** Made one after another while they are sent: a million would need no more memory. */
function* tasks(): Generator<TaskDraft> {
  for (let seed = 1; seed <= 100; seed += 1) {
    yield {
      name: "ESTIMATE_PI",
      baseDirectory: "pi",
      inputs: [],
      payload: { seed, samples: 100_000 },
    };
  }
}

const queue = await openQueue("sqlite:.simpletasks/queue.db?queue=tasks");
const { batch, scheduled } = await schedule(queue, tasks());
console.log(`scheduled ${scheduled} tasks as batch ${batch}`);
await queue[Symbol.asyncDispose]();
