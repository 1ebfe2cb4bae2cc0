import { asSimpleTasksError, SimpleTasksError } from "../errors.ts";
import type { Message } from "../queue/queue.ts";
import { parseTask, type TaskDocument } from "../task/document.ts";
import type { RegisteredType } from "./task-types.ts";

export type Admission =
  /** `alone`: it must run while nothing else does, for it may kill its daemon. */
  | {
      readonly admitted: true;
      readonly document: TaskDocument;
      readonly type: RegisteredType;
      readonly alone: boolean;
    }
  /** `batch`: the one that it counts for, where it is a task of one. */
  | { readonly admitted: false; readonly error: SimpleTasksError; readonly batch: string | undefined };

/** Whether a message is a task that this daemon runs. One that is not goes straight to the error queue; it never stops the daemon. */
export function admit(
  message: Message,
  types: ReadonlyMap<string, RegisteredType>,
  maxDeliveries: number,
): Admission {
  let document: TaskDocument | SimpleTasksError;
  try {
    document = parseTask(message.body);
  } catch (error) {
    document = asSimpleTasksError(error, "task_unparsable");
  }
  const batch = document instanceof SimpleTasksError ? undefined : document.batch;
  if (message.deliveries > maxDeliveries + 1) {
    return refuse(
      new SimpleTasksError(
        "deliveries_exceeded",
        `The message was delivered ${message.deliveries} times, and never came to an end, at last while it ran alone.`,
        { hint: "It probably ends its daemon: look at the daemon's log and at the machine's memory." },
      ),
      batch,
    );
  }
  if (document instanceof SimpleTasksError) return refuse(document, batch);
  const type = types.get(document.name);
  if (type === undefined) {
    const known = [...types.keys()].toSorted().join(", ");
    return refuse(
      new SimpleTasksError(
        "task_type_unknown",
        `No task type is named ${JSON.stringify(document.name)}. This daemon runs: ${known}.`,
        {
          hint: "Name its task file in simpletasks.json under tasks, restart the daemon and retry the task.",
        },
      ),
      batch,
    );
  }
  return { admitted: true, document, type, alone: message.deliveries > maxDeliveries };
}

function refuse(error: SimpleTasksError, batch: string | undefined): Admission {
  return { admitted: false, error, batch };
}
