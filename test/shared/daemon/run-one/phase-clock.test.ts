import { expect, test } from "vitest";
import { createPhaseClock } from "../../../../shared/daemon/run-one/phase-clock.ts";

test("phases last from their entry to the next one's, and come in the order of their first entries", () => {
  let now = 0;
  const clock = createPhaseClock(() => now);
  for (const [phase, milliseconds] of [
    ["fetch", 1000],
    ["execute", 250],
    ["fetch", 500],
    ["report", 2000],
  ] as const) {
    clock.enter(phase);
    now += milliseconds;
  }
  clock.leave();
  now += 60_000;
  clock.leave();
  expect(clock.times()).toEqual([
    { phase: "fetch", seconds: 1.5 },
    { phase: "execute", seconds: 0.25 },
    { phase: "report", seconds: 2 },
  ]);
});

test("nothing entered takes no time", () => {
  expect(createPhaseClock().times()).toEqual([]);
});
