import type { Bucket } from "../bucket.ts";

/**
 * What some engines cannot hold. `besides`: an object `a` beside an object `a/b`; `long parts`: more than 255 bytes between two
 * slashes; `case`: keys that differ only in case; `normalisation`: keys that differ only in Unicode normalisation; `windows names`:
 * keys with `\`, `:`, a control character, a dot or space at the end of a part, or a device's name.
 */
export type BucketCapability = "besides" | "long parts" | "case" | "normalisation" | "windows names";

/** One demand on a bucket. */
export interface BucketRow {
  /** What a bucket does, as a sentence without its subject. */
  readonly name: string;
  /** Asked only of engines that have it. */
  readonly needs?: BucketCapability;
  /** Asked only of engines that lack it. */
  readonly without?: BucketCapability;
  /** @param bucket an empty one, closed afterwards */
  run(bucket: Bucket): Promise<void>;
}
