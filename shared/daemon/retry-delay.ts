export interface RetryDelayOptions {
  /** Delay before the second attempt, in seconds. Default 1. */
  readonly firstSeconds?: number;
  /** Longest delay, in seconds. Default 300. */
  readonly longestSeconds?: number;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * How long a failed attempt waits before it is tried again, in seconds: doubling from `firstSeconds`, never above
 * `longestSeconds`, and shortened by up to a half at random so that tasks that failed together do not return together.
 *
 * @param failures how many attempts have failed, 1 or more
 */
export function retryDelay(failures: number, options: RetryDelayOptions = {}): number {
  const { firstSeconds = 1, longestSeconds = 300, random = Math.random } = options;
  const whole = Math.min(longestSeconds, firstSeconds * 2 ** (failures - 1));
  return whole * (1 - random() / 2);
}
