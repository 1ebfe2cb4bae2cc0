import { residentBytes } from "./resident-memory.ts";

const INTERVAL_MS = 250;

/** Watches the resident memory of worker processes while limited attempts run in them. */
export interface MemoryWatch extends Disposable {
  watch(attemptId: number, limited: LimitedProcess): void;
  forget(attemptId: number): void;
}

export interface LimitedProcess {
  readonly pid: number;
  readonly limitBytes: number;
  /** Called once, with what was measured. */
  readonly onOver: (bytes: number) => void;
}

export function createMemoryWatch(
  measure: (pid: number) => Promise<number | undefined> = residentBytes,
): MemoryWatch {
  const watched = new Map<number, LimitedProcess>();
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    await Promise.all(
      [...watched].map(async ([attemptId, limited]) => {
        const bytes = await measure(limited.pid);
        // It may have been forgotten meanwhile.
        if (bytes === undefined || bytes <= limited.limitBytes || !watched.delete(attemptId)) return;
        limited.onOver(bytes);
      }),
    );
    timer = undefined;
    schedule();
  }

  function schedule(): void {
    if (timer === undefined && watched.size > 0) timer = setTimeout(() => void look(), INTERVAL_MS).unref();
  }

  return {
    watch(attemptId, limited) {
      watched.set(attemptId, limited);
      schedule();
    },
    forget: (attemptId) => void watched.delete(attemptId),
    [Symbol.dispose]() {
      watched.clear();
      clearTimeout(timer);
    },
  };
}
