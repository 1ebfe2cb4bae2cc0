import { integer, type Row, text } from "./rows.ts";

/** Received messages, by columns: this crosses to the main thread. */
export interface Taken {
  readonly ids: readonly number[];
  readonly bodies: readonly string[];
  readonly deliveries: readonly number[];
  /** Milliseconds since 1970. */
  readonly sentAt: readonly number[];
  /** Of all their leases. */
  readonly token: number;
  /** Milliseconds since 1970. */
  readonly leaseEnd: number;
}

/** How many UTF-16 units of bodies one answer takes before it stops: bounds memory when messages are large. */
export const largestBatch = 8 * 1024 * 1024;

/** Messages on their way into a {@link Taken}. */
export function createTaking(lease: Pick<Taken, "token" | "leaseEnd">) {
  const columns = {
    ids: [] as number[],
    bodies: [] as string[],
    deliveries: [] as number[],
    sentAt: [] as number[],
  };
  let size = 0;
  return {
    /** @param row id, body and time of sending come first in it */
    take(row: Row, deliveries: number): void {
      const body = text(row, 1);
      size += body.length;
      columns.ids.push(integer(row, 0));
      columns.bodies.push(body);
      columns.sentAt.push(integer(row, 2));
      columns.deliveries.push(deliveries);
    },
    /** UTF-16 units of bodies so far. */
    size: () => size,
    isFull: () => size >= largestBatch,
    taken: { ...columns, ...lease } satisfies Taken,
  };
}
