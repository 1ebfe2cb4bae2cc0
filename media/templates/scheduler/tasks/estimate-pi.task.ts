import { defineTask, z } from "simpletasks";

/** Estimates π by throwing darts at a square: a task without inputs, which only computes and writes. */
export default defineTask({
  name: "ESTIMATE_PI",
  payload: z.strictObject({ seed: z.int().positive(), samples: z.int().positive() }),
  execute({ payload: { seed, samples } }) {
    const random = randomNumbers(seed);
    let hits = 0;
    for (let sample = 0; sample < samples; sample += 1) {
      if (Math.hypot(random(), random()) < 1) hits += 1;
    }
    return { success: true, outputs: { [`estimates/${seed}.json`]: JSON.stringify((4 * hits) / samples) } };
  },
});

/** Numbers of 0 … 1 that are the same for the same seed, so that a task may be run again (Park and Miller's generator). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
