import type { Counters } from "./counters.ts";
import type { QueueStatements } from "./queue-statements.ts";
import { integer } from "./rows.ts";
import { openStep } from "./step.ts";

/** What one step of an expiry did. */
export interface Expired {
  readonly removed: number;
  /** What the next step takes as `after`; absent when nothing is left to look at. */
  readonly next?: number;
}

/**
 * Removes visible messages that were sent before a moment, a step's worth of them. Ids and times of sending grow together,
 * so the first message that is young enough ends the look: where nothing is old, that is all that is read.
 *
 * @param when `before` and `time`, the present, in ms since 1970; `after`: the id behind which it begins among those that
 *   are not fresh, 0 at first
 */
export function expireStep(
  { statements, counters }: { readonly statements: QueueStatements; readonly counters: Counters },
  when: { readonly before: number; readonly time: number; readonly after: number },
): Expired {
  const { before, time, after } = when;
  const step = openStep();
  let more = false;

  let lastAside = after;
  const aside: { readonly id: number; readonly leased: boolean }[] = [];
  for (const row of statements.selectAsideSent.iterate(after)) {
    if (integer(row, 1) >= before) break;
    more = step.isFull();
    if (more) break;
    lastAside = integer(row, 0);
    const hidden = integer(row, 3) > time;
    step.look(hidden ? 0 : integer(row, 2));
    if (hidden) continue;
    aside.push({ id: lastAside, leased: integer(row, 4) !== 0 });
  }
  for (const { id, leased } of aside) {
    for (const statement of statements.deleteRun) statement.run(id, id);
    counters[leased ? "leased" : "unleased"] -= 1;
  }

  let lastFresh = 0;
  let fresh = 0;
  for (const row of counters.fresh > 0 ? statements.selectFreshSent.iterate(counters.head) : []) {
    if (integer(row, 1) >= before) break;
    more ||= step.isFull();
    if (more) break;
    lastFresh = integer(row, 0);
    step.look(integer(row, 2));
    fresh += 1;
  }
  if (fresh > 0) {
    statements.deleteMessages.run(counters.head, lastFresh);
    counters.head = lastFresh + 1;
    counters.fresh -= fresh;
  }
  return { removed: aside.length + fresh, ...(more && { next: lastAside }) };
}
