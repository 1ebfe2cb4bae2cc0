// What `import … from "simpletasks"` gives to authors of task types.
export { SimpleTasksError, isSimpleTasksError, type ErrorCode } from "./errors.ts";
export type {
  Datasource,
  DatasourceGetOptions,
  DatasourcePutOptions,
  PutValue,
} from "./datasource/datasource.ts";
export { defineTask, type TaskType } from "./task/define.ts";
export type { JsonObject, JsonValue } from "./task/json.ts";
export type {
  ExecuteResult,
  Input,
  Output,
  PayloadOf,
  Task,
  TaskContext,
  TaskDefinition,
  TaskLog,
  TaskResult,
} from "./task/task-type.ts";
export { z } from "zod";
