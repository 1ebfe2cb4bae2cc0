// What `import … from "simpletasks/testing"` gives, for any test framework: to authors of task types a way to run one, to
// authors of drivers the contracts.
export { bucketContract, type BucketContractCase, type BucketContractOptions } from "./bucket/contract.ts";
export type { BucketCapability } from "./bucket/contract/row.ts";
export { queueContract, type QueueContractCase, type QueueContractOptions } from "./queue/contract.ts";
export { runTask, type TaskRun, type TaskToTest } from "./daemon/run-in-test/run-task.ts";
export type { StoredObject } from "./daemon/run-in-test/stored-object.ts";
