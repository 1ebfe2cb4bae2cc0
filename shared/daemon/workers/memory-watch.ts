import { residentBytes } from "./resident-memory.ts";

const INTERVAL_MS = 250;

/** Watches the resident memory of worker processes while limited attempts run in them. */
export interface MemoryWatch extends Disposable {
  /** @param onOver called once, with the bytes that were measured */
  watch(pid: number, limitBytes: number, onOver: (bytes: number) => void): void;
  forget(pid: number): void;
}

export function createMemoryWatch(
  measure: (pid: number) => Promise<number | undefined> = residentBytes,
): MemoryWatch {
  const watched = new Map<
    number,
    { readonly limitBytes: number; readonly onOver: (bytes: number) => void }
  >();
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    await Promise.all(
      [...watched].map(async ([pid, entry]) => {
        const bytes = await measure(pid);
        // The attempt may have ended, and another one begun, meanwhile.
        if (bytes === undefined || bytes <= entry.limitBytes || watched.get(pid) !== entry) return;
        watched.delete(pid);
        entry.onOver(bytes);
      }),
    );
    timer = undefined;
    schedule();
  }

  function schedule(): void {
    if (timer === undefined && watched.size > 0) timer = setTimeout(() => void look(), INTERVAL_MS).unref();
  }

  return {
    watch(pid, limitBytes, onOver) {
      watched.set(pid, { limitBytes, onOver });
      schedule();
    },
    forget: (pid) => void watched.delete(pid),
    [Symbol.dispose]() {
      watched.clear();
      clearTimeout(timer);
    },
  };
}
