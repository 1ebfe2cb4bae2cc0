/** Wakes whoever waits for something to have changed. A notification that nobody waits for is remembered once. */
export interface Notifier {
  notify(): void;
  /** Resolves at the next notification, at once when one is remembered, or after `milliseconds`. */
  wait(milliseconds?: number): Promise<void>;
}

export function createNotifier(): Notifier {
  let remembered = false;
  let wake: (() => void) | undefined;
  return {
    notify() {
      if (wake === undefined) remembered = true;
      else wake();
    },
    async wait(milliseconds) {
      if (!remembered) {
        await new Promise<void>((resolve) => {
          const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        wake = undefined;
      }
      remembered = false;
    },
  };
}
