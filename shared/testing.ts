// What `import … from "simpletasks/testing"` gives to authors of drivers: the contracts, for any test framework.
export { bucketContract, type BucketContractCase, type BucketContractOptions } from "./bucket/contract.ts";
export type { BucketCapability } from "./bucket/contract/row.ts";
export { queueContract, type QueueContractCase, type QueueContractOptions } from "./queue/contract.ts";
