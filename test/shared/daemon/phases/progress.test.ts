import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createProgressReports } from "../../../../shared/daemon/phases/progress.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the first report goes at once, later ones at most every tenth of a second, the last when it is over", () => {
  const told: number[] = [];
  const reports = createProgressReports((fraction) => void told.push(fraction));
  reports.report(0.1, undefined);
  reports.report(0.2, undefined);
  reports.report(0.3, undefined);
  expect(told).toEqual([0.1]);
  vi.advanceTimersByTime(100);
  expect(told).toEqual([0.1, 0.3]);
  reports.report(0.4, undefined);
  reports.report(0.5, undefined);
  reports.finish();
  vi.advanceTimersByTime(1000);
  expect(told).toEqual([0.1, 0.3, 0.5]);
});
