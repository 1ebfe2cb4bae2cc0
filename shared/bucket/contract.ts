import type { Bucket } from "./bucket.ts";
import type { BucketCapability, BucketRow } from "./contract/row.ts";
import { endingRows } from "./contract/endings.ts";
import { keyRows } from "./contract/keys.ts";
import { listRows } from "./contract/lists.ts";
import { readRows } from "./contract/reads.ts";
import { writeRows } from "./contract/writes.ts";

export interface BucketContractOptions {
  /** Opens a bucket without objects. Called once for every case, which closes it. */
  open(): Promise<Bucket>;
  /**
   * Capabilities that the engine lacks, each with the reason. The rows that need one are skipped under that reason; in their place
   * the suite checks that such a key is refused with `key_unsupported` and nothing is overwritten.
   */
  readonly lacks?: Readonly<Partial<Record<BucketCapability, string>>>;
}

/** One row of the contract. `run` rejects with an error that says what was expected of what, and what came. */
export interface BucketContractCase {
  readonly name: string;
  /** Present when the row does not apply: why. `run` does nothing then. */
  readonly skipped?: string;
  run(): Promise<void>;
}

/**
 * The contract of {@link Bucket}, for any test framework:
 *
 * ```ts
 * for (const { name, skipped, run } of bucketContract({ open })) test(name, { skip: skipped }, run);
 * ```
 */
export function bucketContract(options: BucketContractOptions): readonly BucketContractCase[] {
  return [...writeRows, ...endingRows, ...readRows, ...keyRows, ...listRows].flatMap(
    (row) => caseOf(row, options) ?? [],
  );
}

function caseOf({ name, needs, without, run }: BucketRow, { open, lacks = {} }: BucketContractOptions) {
  // The refusal of what an engine can hold is no row of its contract.
  if (without !== undefined && lacks[without] === undefined) return undefined;
  const skipped = needs === undefined ? undefined : lacks[needs];
  if (skipped !== undefined) return { name, skipped, async run() {} };
  return {
    name,
    async run() {
      await using bucket = await open();
      await run(bucket);
    },
  };
}
