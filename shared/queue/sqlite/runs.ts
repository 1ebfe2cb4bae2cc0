/** Leases as they cross to the thread: message ids and, at the same places, the tokens of their leases. */
export interface Leases {
  readonly ids: readonly number[];
  readonly tokens: readonly number[];
}

/** A stretch of consecutive ids under one token, so that one statement by range does for all of them. */
export interface Run {
  readonly first: number;
  readonly last: number;
  readonly token: number;
  /** Where these leases stand in what the caller gave, in the order of their ids. */
  readonly places: readonly number[];
}

/**
 * Cuts leases into runs. A receive gives consecutive ids one token, so what comes back together is mostly one run.
 * An id that is given twice begins a run of its own.
 *
 * @param alike whether the leases at two places may share a statement; by default all may
 */
export function runsOf(
  { ids, tokens }: Leases,
  alike: (one: number, other: number) => boolean = () => true,
): readonly Run[] {
  const id = (place: number): number => ids[place] ?? 0;
  const token = (place: number): number => tokens[place] ?? 0;
  const order = Array.from(ids, (_, place) => place);
  order.sort((one, other) => id(one) - id(other) || one - other);

  const runs: Run[] = [];
  let places: number[] = [];
  const close = (): void => {
    const [first] = places;
    const last = places.at(-1);
    if (first === undefined || last === undefined) return;
    runs.push({ first: id(first), last: id(last), token: token(first), places });
    places = [];
  };
  for (const place of order) {
    const before = places.at(-1);
    const joins =
      before === undefined ||
      (id(place) === id(before) + 1 && token(place) === token(before) && alike(before, place));
    if (!joins) close();
    places.push(place);
  }
  close();
  return runs;
}

/** The run's leases, each as a run of its own. */
export function singles(run: Run): readonly Run[] {
  return run.places.map((place, index) => ({
    first: run.first + index,
    last: run.first + index,
    token: run.token,
    places: [place],
  }));
}
