import { asSimpleTasksError, type SimpleTasksError } from "../../errors.ts";
import { leaseLost } from "../arguments.ts";
import type { LeaseOutcome } from "../queue.ts";
import { chunksOf, onEachChunk } from "./chunks.ts";
import type { Closed } from "./queue-table.ts";
import { parseReceipt } from "./receipt.ts";
import type { Leases } from "./runs.ts";

export interface CloseLeases<Item, Answered extends Closed> {
  readonly url: string;
  readonly items: readonly Item[];
  readonly receiptOf: (item: Item) => string;
  /** Why an item is not even tried; its lease stays as it is. */
  readonly refusalOf?: (item: Item) => SimpleTasksError | undefined;
  /** UTF-16 units that an item carries. Default 0. */
  readonly sizeOf?: (item: Item) => number;
  readonly work: (leases: Leases, chunk: readonly Item[]) => Promise<Answered>;
  readonly held?: (answered: Answered) => LeaseOutcome;
}

/** Changes leases chunk by chunk and gives one outcome per item, in order. @throws when no chunk could be carried out */
export async function closeLeases<Item, Answered extends Closed>(
  options: CloseLeases<Item, Answered>,
): Promise<readonly LeaseOutcome[]> {
  const { url, items, receiptOf, refusalOf, sizeOf = () => 0, work, held = () => ({ held: true }) } = options;
  const outcomes = Array.from<LeaseOutcome>({ length: items.length });
  const tried: { readonly place: number; readonly item: Item; readonly receipt: string }[] = [];
  for (const [place, item] of items.entries()) {
    const error = refusalOf?.(item);
    if (error === undefined) tried.push({ place, item, receipt: receiptOf(item) });
    else outcomes[place] = { held: false, error };
  }

  const results = await onEachChunk(
    chunksOf(tried, ({ item }) => sizeOf(item)),
    (chunk) => {
      const named = chunk.map(({ receipt }) => parseReceipt(receipt));
      const leases = { ids: named.map(({ id }) => id), tokens: named.map(({ token }) => token) };
      return work(
        leases,
        chunk.map(({ item }) => item),
      );
    },
  );
  for (const one of results) {
    const lost = new Set("error" in one ? [] : one.result.lost);
    for (const [index, { place, receipt }] of one.chunk.entries()) {
      if ("error" in one) outcomes[place] = { held: false, error: asSimpleTasksError(one.error, "io") };
      else if (lost.has(index)) outcomes[place] = { held: false, error: leaseLost(receipt, url) };
      else outcomes[place] = held(one.result);
    }
  }
  return outcomes;
}
