import { Socket } from "node:net";
import { decodeOrder, ORDERS_DESCRIPTOR, type WorkerOrder } from "../../shared/daemon/workers/messages.ts";

/** Reads what the daemon orders. When that pipe ends, the daemon is gone, and this process ends. */
export function readOrders(onOrder: (order: WorkerOrder) => void): void {
  const pipe = new Socket({ fd: ORDERS_DESCRIPTOR, readable: true, writable: false });
  pipe.setEncoding("utf8");
  const pieces: string[] = [];
  pipe.on("data", (text: string) => {
    let from = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", from)) {
      pieces.push(text.slice(from, end));
      from = end + 1;
      onOrder(decodeOrder(pieces.splice(0).join("")));
    }
    if (from < text.length) pieces.push(text.slice(from));
  });
  pipe.on("error", endWithPrograms);
  pipe.on("close", endWithPrograms);
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
