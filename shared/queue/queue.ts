import type { SimpleTasksError } from "../errors.ts";

/**
 * A queue holds texts and delivers each at least once.
 *
 * A message is *visible* (anyone may receive it), *leased* (received; hidden from others until the lease
 * ends) or *delayed* (hidden until its delay is over). A lease that ends without `delete` makes its message
 * visible again. Every lease has its own *receipt*; once the lease has ended, by the clock or because it
 * was given back, that receipt is worth nothing, even when nobody else has received the message since.
 *
 * Drivers pass the suite in `contract.ts`.
 */
export interface Queue extends AsyncDisposable {
  /** Where it is, as shown to people and as `openQueue` takes it. Holds no secret. */
  readonly url: string;
  readonly limits: QueueLimits;
  /** Whether `openQueue(url)` gives the same queue in another thread or process. */
  readonly reopensByUrl: boolean;

  /**
   * Sends messages; returns one outcome per message, in order. `sent` means durable.
   * A message that cannot be sent is an outcome, never an exception; what throws is the queue as a whole.
   * Any number of messages may be given: the driver cuts them into the engine's batches.
   */
  send(messages: readonly OutgoingMessage[], options?: CallOptions): Promise<readonly SendOutcome[]>;

  /**
   * Leases up to `max` messages. Waits up to `waitSeconds` for the first one and returns as soon as there is
   * any; the result may hold fewer than `max` although more are visible, and an empty one proves nothing.
   * @throws `aborted` when the signal fires first; no message stays leased then.
   */
  receive(options: ReceiveOptions): Promise<readonly Message[]>;

  /** Renews leases: each then ends `leaseSeconds` from now. Fails per message with `lease_lost`. */
  extend(
    receipts: readonly string[],
    leaseSeconds: number,
    options?: CallOptions,
  ): Promise<readonly LeaseOutcome[]>;

  /** Gives messages back before their lease ends. Fails per message with `lease_lost`. */
  release(releases: readonly Release[], options?: CallOptions): Promise<readonly LeaseOutcome[]>;

  /** Removes messages for good. Fails per message with `lease_lost`. */
  delete(receipts: readonly string[], options?: CallOptions): Promise<readonly LeaseOutcome[]>;

  stats(options?: CallOptions): Promise<QueueStats>;

  /**
   * Removes every message that is there, leased ones included; their receipts are lost. Resolves to how many went, where the
   * engine tells. @throws `aborted` when the signal fires first; some may have gone by then.
   */
  purge(options?: CallOptions): Promise<number | undefined>;

  /**
   * Reads without leasing, oldest first; absent where the engine cannot.
   * `after` is the `id` of the last message of the page before.
   */
  peek?(options: PeekOptions): Promise<readonly PeekedMessage[]>;

  /** Ends every lease at once, whoever holds it: for an operator who knows that the holders are gone. */
  releaseAll?(options?: CallOptions): Promise<number>;

  /**
   * Leases the messages of these ids, each once, whatever stands before them; absent where the engine cannot. Gives those
   * that were visible: an id that is leased, delayed or gone is left out. `leaseSeconds` as in {@link ReceiveOptions}.
   */
  lease?(ids: readonly string[], leaseSeconds: number, options?: CallOptions): Promise<readonly Message[]>;

  /**
   * Removes visible messages that were sent before a moment, in milliseconds since 1970, and resolves to how many went;
   * absent where the engine forgets old messages by itself.
   * @throws `aborted` when the signal fires first; some may have gone by then.
   */
  expire?(before: number, options?: CallOptions): Promise<number>;

  /** How far each batch is; present where the engine counts. */
  readonly batches?: QueueBatches;

  /**
   * Several queues' sends and one queue's deletes as one transaction; present where the engine can.
   * See `settle` in `settle.ts`, which everyone calls instead and which falls back to send, then delete.
   */
  readonly transaction?: QueueTransaction;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface QueueLimits {
  /** Most bytes of UTF-8 that one message may have. */
  readonly messageBytes: number;
  /** Longest delay of a send or release, in seconds. */
  readonly delaySeconds: number;
  /** Longest time from receive to the end of the last renewed lease, in seconds; Infinity where there is none. */
  readonly leaseCeilingSeconds: number;
  /** Most messages one receive gives. */
  readonly receiveBatch: number;
  /** Whether `stats` is exact at one moment. Where not, an empty queue takes several readings to believe. */
  readonly exactStats: boolean;
  /** Whether a message given back unstarted is not counted as delivered. */
  readonly takesBackDeliveries: boolean;
}

export interface OutgoingMessage {
  readonly body: string;
  /** Seconds until it becomes visible; 0 … `limits.delaySeconds`. Default 0. */
  readonly delaySeconds?: number | undefined;
  /** Counted in the transaction that makes the message durable, where the queue has `batches`. Default: nothing. */
  readonly counts?: BatchChange | undefined;
}

export type SendOutcome =
  | { readonly sent: true; readonly id: string }
  | { readonly sent: false; readonly error: SimpleTasksError };

export interface ReceiveOptions extends CallOptions {
  /** How many at most, 1 or more; the driver gives at most `limits.receiveBatch`. */
  readonly max: number;
  /** How long to wait for the first message, in seconds; 0 looks once. */
  readonly waitSeconds: number;
  /** Length of the lease in seconds, above 0. */
  readonly leaseSeconds: number;
}

export interface Message {
  /** Names the message in its queue, the same at every delivery. */
  readonly id: string;
  readonly body: string;
  /** Names this lease. */
  readonly receipt: string;
  /** How often it has been delivered, this delivery included: 1 or more. */
  readonly deliveries: number;
  /** When the lease ends, in milliseconds since 1970, by this machine's clock; never later than the engine's own. */
  readonly leaseEnd: number;
  /** When it was sent, in milliseconds since 1970, where the engine tells. */
  readonly sentAt?: number;
}

export interface Release {
  readonly receipt: string;
  /** Seconds until it becomes visible again. Default 0. */
  readonly delaySeconds?: number | undefined;
  /** True when nothing was begun: an engine that can takes the delivery back. Default false. */
  readonly unstarted?: boolean | undefined;
}

/**
 * `leaseEnd` (ms since 1970) is set by `extend`. `reported` is set by `settle`: everything was sent and acknowledged, only
 * the message could not be deleted; who tries again deletes and sends nothing.
 */
export type LeaseOutcome =
  | { readonly held: true; readonly leaseEnd?: number }
  | { readonly held: false; readonly error: SimpleTasksError; readonly reported?: true };

export interface QueueStats {
  readonly visible: number;
  readonly leased: number;
  readonly delayed: number;
  /** Present and true where the engine's counters lag. */
  readonly approximate?: boolean;
}

export interface PeekOptions extends CallOptions {
  readonly max: number;
  readonly after?: string | undefined;
}

export interface PeekedMessage {
  readonly id: string;
  readonly body: string;
  readonly state: "visible" | "leased" | "delayed";
  readonly deliveries: number;
  readonly sentAt?: number;
}

/** One message's end: what to send because of it, and the lease to close. */
export interface Settlement {
  readonly receipt: string;
  readonly sends: readonly (OutgoingMessage & { readonly queue: Queue })[];
  /** Counted in the transaction that deletes the message, where its queue has `batches`. Default: nothing. */
  readonly counts?: BatchChange | undefined;
}

/**
 * What became of one task of a batch: it was `scheduled`, it ended as `done` or `failed`, or after it had failed it was
 * `retried` (sent again) or `discarded` (given up).
 */
export interface BatchChange {
  readonly batch: string;
  readonly change: "scheduled" | "done" | "failed" | "retried" | "discarded";
}

/**
 * `scheduled` is the sum of `queued`, `running`, `done`, `failed` and `discarded`, however often a task was delivered or
 * attempted. Times in milliseconds since 1970.
 */
export interface BatchCounts {
  readonly batch: string;
  readonly scheduled: number;
  /** Visible or delayed. */
  readonly queued: number;
  /** Leased. */
  readonly running: number;
  readonly done: number;
  /** Reported to the error queue, and neither retried nor discarded since. */
  readonly failed: number;
  /** Given up after they had failed, or purged while they were queued. */
  readonly discarded: number;
  /** When its first task was scheduled. */
  readonly firstAt: number;
  /** When a count last changed. */
  readonly lastAt: number;
}

export interface QueueBatches {
  /** The batches that were scheduled to this queue, newest first. */
  list(options?: CallOptions): Promise<readonly BatchCounts[]>;
  /** Counts what no message carries; in one transaction. */
  count(changes: readonly BatchChange[], options?: CallOptions): Promise<void>;
}

export interface QueueTransaction {
  /** Whether messages to `other` can be part of this queue's transaction (the same file). */
  includes(other: Queue): boolean;
  /** Each settlement wholly or not at all: with a lost lease nothing of it is sent. */
  settle(settlements: readonly Settlement[], options?: CallOptions): Promise<readonly LeaseOutcome[]>;
}
