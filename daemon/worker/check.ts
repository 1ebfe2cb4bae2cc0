import { cutText } from "../../shared/daemon/phases/lines.ts";
import { messageOf } from "../../shared/errors.ts";
import type { TaskType } from "../../shared/task/define.ts";
import { type JsonValue, parseJson } from "../../shared/task/json.ts";
import { type PayloadProblem, payloadProblems } from "../../shared/task/payload-schema.ts";
import type { TaskFault, TaskToCheck } from "../../shared/task/task-check.ts";

/** Most characters of one message: a schema may put a whole payload into it. */
const LONGEST_MESSAGE = 1000;

/** A task type that this worker has loaded. `file` is absent for one that is built in. */
export interface LoadedType {
  readonly type: TaskType;
  readonly file?: string;
}

/** Gives those of the tasks that are not fine, each with its place among them. Never rejects. */
export type TaskCheck = (
  tasks: readonly TaskToCheck[],
) => Promise<readonly (readonly [place: number, TaskFault])[]>;

/** @param enter told when code of a task file runs that did not run before */
export function createTaskCheck(
  types: ReadonlyMap<string, LoadedType>,
  enter: (file: string) => void,
): TaskCheck {
  return async (tasks) => {
    const faults: (readonly [number, TaskFault])[] = [];
    let entered: string | undefined;
    for (const [place, { name, payload }] of tasks.entries()) {
      const known = types.get(name);
      if (known === undefined) {
        faults.push([place, { kind: "unknown_type" }]);
        continue;
      }
      const { type, file } = known;
      if (type.payload !== undefined && file !== undefined && file !== entered) {
        entered = file;
        enter(file);
      }
      const problems = await problemsOf(type, payload);
      if (problems.length > 0) faults.push([place, { kind: "invalid", problems }]);
    }
    return faults;
  };
}

async function problemsOf(type: TaskType, text: string): Promise<readonly PayloadProblem[]> {
  let payload: JsonValue;
  try {
    payload = parseJson(text);
  } catch (error) {
    return [{ path: [], message: cutText(`is no JSON: ${messageOf(error)}`, LONGEST_MESSAGE) }];
  }
  try {
    const problems = await payloadProblems(type, payload);
    return problems.map(({ path, message }) => ({
      path,
      message: cutText(String(message), LONGEST_MESSAGE),
    }));
  } catch (error) {
    // Of the schema itself.
    return [{ path: [], message: cutText(messageOf(error), LONGEST_MESSAGE) }];
  }
}
