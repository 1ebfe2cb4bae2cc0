import {
  parseWorkerOrders,
  type WorkerOrder,
  type WorkerReport,
} from "../../shared/daemon/workers/messages.ts";

/** The worker's end of the channel to the daemon. */
export interface Channel {
  /** Goes with the other reports of this turn of the event loop. */
  report(report: WorkerReport): void;
}

/** Takes the channel for this program alone: user code finds a process that was not forked. */
export function openChannel(onOrder: (order: WorkerOrder) => void): Channel {
  const send = process.send?.bind(process);
  if (send === undefined) {
    throw new Error("This program is a part of SimpleTasks: the daemon starts it.");
  }
  delete process.send;
  let outbox: WorkerReport[] = [];

  function flush(): void {
    const reports = outbox;
    outbox = [];
    // When it fails the channel is closed, and `disconnect` comes.
    send?.(reports, undefined, undefined, () => {});
  }

  process.on("message", (message) => {
    for (const order of parseWorkerOrders(message)) onOrder(order);
  });
  process.on("disconnect", endWithPrograms);
  return {
    report(report) {
      outbox.push(report);
      if (outbox.length === 1) process.nextTick(flush);
    },
  };
}

/** The daemon is gone: this process ends, and with it the programs that tasks have started. */
function endWithPrograms(): void {
  if (process.platform !== "win32") {
    try {
      process.kill(-process.pid, "SIGKILL");
    } catch {
      // Not the leader of a group: then this process alone.
    }
  }
  process.kill(process.pid, "SIGKILL");
}
