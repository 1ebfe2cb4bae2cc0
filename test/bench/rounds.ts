import type { Room } from "./room.ts";
import type { Reading, Scenario, Target } from "./scenario.ts";
import { median } from "./statistics.ts";

/** One figure over all rounds. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly target: Target | undefined;
  /** What each round found, in their order. */
  readonly rounds: readonly number[];
}

export interface Result {
  readonly scenario: string;
  readonly settings: string;
  readonly figures: readonly Figure[];
  /** Why nothing was measured. */
  readonly missing?: string;
}

/** Measures a scenario several times, one round after the other. */
export async function measureRounds(scenario: Scenario, rounds: number, room: Room): Promise<Result> {
  const { name, settings } = scenario;
  const missing = scenario.missing?.();
  if (missing !== undefined) return { scenario: name, settings, figures: [], missing };
  const found: (readonly Reading[])[] = [];
  for (let round = 0; round < rounds; round += 1) found.push(await scenario.measure(room));
  const figures = (found[0] ?? []).map((first, place): Figure => {
    const values = found.map((readings) => valueOf(readings, place, first.name));
    return {
      name: first.name,
      unit: first.unit,
      median: median(values),
      least: Math.min(...values),
      most: Math.max(...values),
      target: first.target,
      rounds: values,
    };
  });
  return { scenario: name, settings, figures };
}

function valueOf(readings: readonly Reading[], place: number, name: string): number {
  const reading = readings[place];
  if (reading?.name !== name)
    throw new Error(`A round gave ${reading?.name ?? "nothing"} in the place of ${name}`);
  return reading.value;
}
