import { workerData } from "node:worker_threads";
import { messageOf } from "../errors.ts";
import { openQueue } from "../queue/open.ts";
import type { LeaseThreadOrder, LeaseThreadReport, LeaseThreadStart } from "./lease-messages.ts";
import { createRenewals } from "./renewals.ts";

// The thread that keeps the daemon's leases: it opens the task queue for itself, so that renewals go on while
// the daemon's own event loop is blocked by a task that runs in it.

const { queueUrl, baseDirectory, leaseSeconds, port } = workerData as LeaseThreadStart;
const report = (message: LeaseThreadReport): void => port.postMessage(message);

try {
  const queue = await openQueue(queueUrl, { baseDirectory });
  const renewals = createRenewals({
    queue,
    leaseSeconds,
    onRenewed: (leases) => report({ kind: "renewed", leases }),
    onLost: (receipts) => report({ kind: "lost", receipts }),
    onTrouble: (message) => report({ kind: "trouble", message }),
  });
  const timer = setInterval(() => void renewals.renewDue(), renewals.intervalMilliseconds);
  port.on("message", (order: LeaseThreadOrder) => {
    if (order.kind === "hold") renewals.hold(order.leases);
    else if (order.kind === "drop") renewals.drop(order.receipts);
    else {
      clearInterval(timer);
      port.close();
      void queue[Symbol.asyncDispose]();
    }
  });
  report({ kind: "ready" });
} catch (error) {
  report({ kind: "failed", message: messageOf(error) });
}
