import { sep } from "node:path";
import type { Pin } from "../cache/cache.ts";
import type { OpenDatasource } from "../datasource/open.ts";
import type { StagedDatasource } from "../datasource/staged.ts";
import type { Logger } from "../logger.ts";
import type { Message } from "../queue/queue.ts";
import type { TaskDocument } from "../task/document.ts";
import type { Input } from "../task/task-type.ts";
import type { DaemonOptions } from "./options.ts";
import type { AttemptHooks, AttemptLogLine, AttemptOrder, Phase } from "./runner.ts";
import type { RegisteredType } from "./task-types.ts";

/** Of this process: several daemons in it may share a cache, and attempts have directories there. */
let attemptIds = 0;

/** Lines of a task's log that go into its error report. */
const logTailLines = 100;
/** How many bytes of the log an attempt's lines may take, about; the rest is counted. */
const mostLogBytes = 10_000_000;
/** What time, task and the like add to a line, about. */
const bytesAroundLine = 150;

/**
 * One attempt, from the lease to the end of its message. It is what the runner calls back (`AttemptHooks`).
 *
 * A daemon makes tens of thousands a second of these, so what many tasks never need (abort signal, staging, log tail)
 * is made when first asked for.
 */
export class Attempt implements AttemptHooks, AttemptOrder {
  readonly attemptId = ++attemptIds;
  readonly message: Message;
  readonly document: TaskDocument;
  readonly type: RegisteredType;
  /** Set when the lease has ended: somebody else has, or will have, the task, and nothing of it may be stored or reported. */
  leaseLost = false;
  /** The fetched inputs' claims on the cache, in the order of `document.inputs`; absent until they are fetched. */
  pins: readonly Pin[] | undefined;
  inputs: readonly Input[] = [];
  /** Milliseconds since 1970 at which the runner began; undefined before. */
  startedAt: number | undefined;
  progress: { readonly fraction: number; readonly note: string | undefined } | undefined;
  readonly logTail: string[] = [];
  readonly #source: OpenDatasource;
  readonly #log: Logger;
  #logBytes = 0;
  #linesLeftOut = 0;
  readonly #onStart: (attempt: Attempt) => void;
  readonly #onPhase: DaemonOptions["onPhase"];
  #controller: AbortController | undefined;
  #staged: StagedDatasource | undefined;

  constructor(given: {
    message: Message;
    document: TaskDocument;
    type: RegisteredType;
    datasource: OpenDatasource;
    log: Logger;
    onStart: (attempt: Attempt) => void;
    onPhase?: DaemonOptions["onPhase"];
  }) {
    this.message = given.message;
    this.document = given.document;
    this.type = given.type;
    this.#source = given.datasource;
    this.#log = given.log;
    this.#onStart = given.onStart;
    this.#onPhase = given.onPhase;
  }

  get name(): string {
    return this.document.name;
  }

  get text(): string {
    return this.message.body;
  }

  /** 1 for the first attempt. */
  get attempt(): number {
    return this.document.attempts + 1;
  }

  /** Where its scratch directory would be; made by who uses it. */
  get scratch(): string {
    return `${this.#source.cache.workDirectory}${sep}scratch-${this.attemptId}`;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** Whether the daemon fetches inputs for it before `prepare`. */
  get fetches(): boolean {
    return this.type.fetch && this.document.inputs.length > 0;
  }

  get aborted(): boolean {
    return this.#controller?.signal.aborted ?? false;
  }

  /** What the pinned inputs weigh; 0 before they are fetched. */
  get inputBytes(): number {
    let bytes = 0;
    for (const pin of this.pins ?? []) bytes += pin.bytes;
    return bytes;
  }

  get datasource(): StagedDatasource {
    this.#staged ??= this.#source.stage({
      scratch: this.scratch,
      pins: new Map(this.pins?.map((pin) => [pin.key, pin])),
    });
    return this.#staged;
  }

  /** The staging if anything asked for it. */
  get staged(): StagedDatasource | undefined {
    return this.#staged;
  }

  abort(reason: unknown): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  /** It did not begin after all: what was made for its turn goes, so that the next turn sees the inputs as they are then. */
  async forgetTurn(): Promise<void> {
    const staged = this.#staged;
    this.#staged = undefined;
    this.inputs = [];
    await staged?.discard();
  }

  releasePins(): void {
    for (const pin of this.pins ?? []) pin.release();
    this.pins = undefined;
  }

  onStart(): void {
    this.startedAt = Date.now();
    this.#onStart(this);
  }

  onPhase(phase: Phase): void {
    this.#onPhase?.({ attemptId: this.attemptId, task: String(this.document.id), phase });
  }

  onProgress(fraction: number, note: string | undefined): void {
    this.progress = { fraction, note };
  }

  onLog(line: AttemptLogLine): void {
    if (this.logTail.length >= logTailLines) this.logTail.shift();
    this.logTail.push(line.text);
    this.#logBytes += line.text.length + bytesAroundLine;
    if (this.#logBytes > mostLogBytes) this.#linesLeftOut += 1;
    else this.#write(line);
  }

  /** Nothing comes any more: tells what was left out of the log. */
  endLog(): void {
    if (this.#linesLeftOut === 0) return;
    const text = `… ${this.#linesLeftOut.toLocaleString("en")} more lines were not logged`;
    this.#write({ stream: "log", level: "warn", text });
  }

  #write({ level, text, stream }: AttemptLogLine): void {
    this.#log.log(level, text, { task: String(this.document.id), attempt: this.attempt, stream });
  }
}
