/** What one step of a long removal, a transaction, looks at: some milliseconds of work, for which a renewal may have to wait. */
const largest = { messages: 4096, bytes: 32 * 1024 * 1024 };

/** How much a step has looked at. */
export interface Step {
  look(bytes: number): void;
  isFull(): boolean;
}

export function openStep(): Step {
  let [messages, bytes] = [0, 0];
  return {
    look(more) {
      messages += 1;
      bytes += more;
    },
    isFull: () => messages >= largest.messages || bytes >= largest.bytes,
  };
}
