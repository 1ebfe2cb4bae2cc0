import type { TaskType } from "../../task/define.ts";
import { noOp } from "../../task/no-op.ts";
import { payloadJsonSchema } from "../../task/payload-schema.ts";
import type { TaskTypeDescription } from "../runner.ts";

/** What the daemon knows of a task type. @param file the task file, absent for one registered in code */
export async function describeTaskType(type: TaskType, file?: string): Promise<TaskTypeDescription> {
  const { name, concurrency, timeout, memory, fetch, environment } = type;
  const payloadSchema = await payloadJsonSchema(type, file);
  return {
    name,
    fetch,
    environment,
    checksPayload: type.payload !== undefined,
    readsOnly: type === noOp,
    ...(file !== undefined && { file }),
    ...(concurrency !== undefined && { concurrency }),
    ...(timeout !== undefined && { timeout }),
    ...(memory !== undefined && { memory }),
    ...(payloadSchema !== undefined && { payloadSchema }),
  };
}
