import type { PeekedMessage, QueueStats } from "./queue.ts";

/** A message in memory. */
export interface Stored {
  readonly id: number;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  /** When it is visible, in ms since 1970: the end of its lease or delay; 0 when neither holds it back. */
  until: number;
  /** The receipt of its last lease, unless that was given back. */
  receipt: string | undefined;
  deliveries: number;
}

/**
 * The messages of one queue, with the semantics of `queue.ts` in their plainest form: what drivers are measured by.
 * Everything takes the time, in ms since 1970; nothing waits.
 */
export interface MemoryStore {
  send(body: string, delaySeconds: number, now: number): Stored;
  /** Due messages in the order in which they became visible, then those never received, oldest first. */
  lease(max: number, leaseSeconds: number, now: number): readonly Stored[];
  /** Those of these messages that are visible, each once. */
  leaseIds(ids: readonly number[], leaseSeconds: number, now: number): readonly Stored[];
  /** The message whose current lease this is. */
  held(receipt: string, now: number): Stored | undefined;
  extend(message: Stored, leaseSeconds: number, now: number): void;
  release(message: Stored, delaySeconds: number, unstarted: boolean, now: number): void;
  delete(message: Stored): void;
  stats(now: number): QueueStats;
  peek(max: number, after: number, now: number): readonly PeekedMessage[];
  purge(): number;
  /** Removes what is visible and was sent before a moment, in ms since 1970; gives how many went. */
  expire(before: number, now: number): number;
  /** The bodies of all messages, or of those of one state. */
  bodies(now: number, state?: PeekedMessage["state"]): readonly string[];
  releaseAll(now: number): number;
  /** When the next hidden message becomes visible; Infinity when none is hidden. */
  next(now: number): number;
}

/** Receipts are unique in this process, so that one queue's says nothing to another. */
let leases = 0;

export function createMemoryStore(): MemoryStore {
  /** Never received and not delayed; in the order of ids. */
  const fresh = new Map<number, Stored>();
  /** Everything else. */
  const aside = new Map<number, Stored>();
  let lastId = 0;

  const isVisible = (message: Stored, now: number): boolean => message.until <= now;
  const all = (): Stored[] => [...fresh.values(), ...aside.values()].sort((one, other) => one.id - other.id);
  const stateOf = (message: Stored, now: number): PeekedMessage["state"] => {
    if (isVisible(message, now)) return "visible";
    return message.receipt === undefined ? "delayed" : "leased";
  };

  const take = (message: Stored, leaseSeconds: number, now: number): void => {
    fresh.delete(message.id);
    aside.set(message.id, message);
    message.deliveries += 1;
    message.receipt = `${message.id}.${++leases}`;
    message.until = afterSeconds(now, leaseSeconds);
  };

  return {
    send(body, delaySeconds, now) {
      const until = delaySeconds > 0 ? afterSeconds(now, delaySeconds) : 0;
      const message: Stored = { id: ++lastId, body, sentAt: now, until, receipt: undefined, deliveries: 0 };
      (until > 0 ? aside : fresh).set(message.id, message);
      return message;
    },

    lease(max, leaseSeconds, now) {
      const due = [...aside.values()].filter((message) => isVisible(message, now));
      due.sort((one, other) => one.until - other.until || one.id - other.id);
      const taken = due.slice(0, max);
      for (const message of fresh.values()) {
        if (taken.length >= max) break;
        taken.push(message);
      }
      for (const message of taken) take(message, leaseSeconds, now);
      return taken;
    },

    leaseIds(ids, leaseSeconds, now) {
      const found = [...new Set(ids)].flatMap((id) => fresh.get(id) ?? aside.get(id) ?? []);
      const taken = found.filter((message) => isVisible(message, now));
      for (const message of taken) take(message, leaseSeconds, now);
      return taken;
    },

    held(receipt, now) {
      const message = aside.get(Number.parseInt(receipt, 10));
      return message?.receipt === receipt && !isVisible(message, now) ? message : undefined;
    },

    extend(message, leaseSeconds, now) {
      message.until = afterSeconds(now, leaseSeconds);
    },

    release(message, delaySeconds, unstarted, now) {
      message.receipt = undefined;
      message.until = delaySeconds > 0 ? afterSeconds(now, delaySeconds) : 0;
      if (unstarted) message.deliveries -= 1;
    },

    delete(message) {
      aside.delete(message.id);
    },

    stats(now) {
      const counts = { visible: fresh.size, leased: 0, delayed: 0 };
      for (const message of aside.values()) counts[stateOf(message, now)] += 1;
      return counts;
    },

    peek(max, after, now) {
      const page = all()
        .filter(({ id }) => id > after)
        .slice(0, max);
      return page.map((message) => {
        const { id, body, deliveries, sentAt } = message;
        return { id: String(id), body, state: stateOf(message, now), deliveries, sentAt };
      });
    },

    purge() {
      const gone = fresh.size + aside.size;
      fresh.clear();
      aside.clear();
      return gone;
    },

    expire(before, now) {
      const old = all().filter((message) => isVisible(message, now) && message.sentAt < before);
      for (const { id } of old) if (!fresh.delete(id)) aside.delete(id);
      return old.length;
    },

    bodies: (now, state) =>
      all()
        .filter((message) => state === undefined || stateOf(message, now) === state)
        .map(({ body }) => body),

    releaseAll(now) {
      let ended = 0;
      for (const message of aside.values()) {
        if (message.receipt === undefined) continue;
        if (!isVisible(message, now)) ended += 1;
        message.receipt = undefined;
        message.until = 0;
      }
      return ended;
    },

    next(now) {
      let next = Infinity;
      for (const { until } of aside.values()) if (until > now && until < next) next = until;
      return next;
    },
  };
}

/** Rounded up: a lease or delay is never shorter than asked for. */
function afterSeconds(now: number, seconds: number): number {
  return Math.ceil(now + seconds * 1000);
}
