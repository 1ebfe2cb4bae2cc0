import { SimpleTasksError } from "../errors.ts";
import type { OutgoingMessage, QueueLimits, ReceiveOptions } from "./queue.ts";

/** Why a message cannot be sent through a queue of these limits, or undefined when it can. */
export function refusal(message: OutgoingMessage, limits: QueueLimits): SimpleTasksError | undefined {
  const { body, delaySeconds = 0 } = message;
  // A text of n UTF-16 units has at most 3n bytes of UTF-8: most texts need not be measured.
  if (body.length * 3 > limits.messageBytes) {
    const bytes = Buffer.byteLength(body);
    if (bytes > limits.messageBytes) {
      const message = `The message has ${bytes} bytes; the queue takes ${limits.messageBytes}.`;
      return new SimpleTasksError("message_too_large", message);
    }
  }
  if (!body.isWellFormed()) {
    const hint = "Write such characters as \\uXXXX escapes.";
    return new SimpleTasksError(
      "message_invalid",
      "The message has half a surrogate pair, which UTF-8 cannot carry.",
      { hint },
    );
  }
  return delayRefusal(delaySeconds, limits);
}

export function delayRefusal(
  delaySeconds: number,
  { delaySeconds: longest }: QueueLimits,
): SimpleTasksError | undefined {
  if (delaySeconds >= 0 && delaySeconds <= longest) return undefined;
  return new SimpleTasksError(
    "delay_invalid",
    `A delay of ${delaySeconds} s is not between 0 and ${longest} s.`,
  );
}

/** @throws `usage` when the options make no sense: a mistake of the caller, not of the queue. */
export function checkReceive({ max, waitSeconds, leaseSeconds }: Omit<ReceiveOptions, "signal">): void {
  if (!Number.isInteger(max) || max < 1) throw wrong("max", max, "a whole number, 1 or more");
  if (!(waitSeconds >= 0)) throw wrong("waitSeconds", waitSeconds, "0 or more");
  checkLease(leaseSeconds);
}

/** @throws `usage` */
export function checkLease(leaseSeconds: number): void {
  if (!(leaseSeconds > 0 && leaseSeconds < Infinity)) throw wrong("leaseSeconds", leaseSeconds, "above 0");
}

function wrong(name: string, value: number, rule: string): SimpleTasksError {
  return new SimpleTasksError("usage", `${name} is ${value}; it must be ${rule}.`);
}

/** What became of a lease that is over. */
export function leaseLost(receipt: string, url: string): SimpleTasksError {
  return new SimpleTasksError("lease_lost", `The lease ${receipt} of the queue ${url} is over.`, {
    hint: "It lapsed or was given back; the message goes to whoever receives it next.",
    about: { queue: url },
  });
}

/** @throws `aborted` when the signal has fired */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted(signal);
}

export function aborted(signal: AbortSignal): SimpleTasksError {
  return new SimpleTasksError("aborted", "The call was aborted before anything was done.", {
    cause: signal.reason,
  });
}
