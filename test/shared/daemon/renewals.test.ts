import { beforeEach, describe, expect, test } from "vitest";
import { createRenewals, type HeldLease } from "../../../shared/daemon/renewals.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import type { LeaseOutcome } from "../../../shared/queue/queue.ts";

const leaseSeconds = 30;

describe("lease renewals", () => {
  let now: number;
  let asked: (readonly string[])[];
  let answer: (receipt: string) => LeaseOutcome;
  let renewed: HeldLease[];
  let lost: string[];
  let trouble: string[];

  beforeEach(() => {
    now = 1_000_000;
    asked = [];
    renewed = [];
    lost = [];
    trouble = [];
    answer = () => ({ held: true, leaseEnd: now + leaseSeconds * 1000 });
  });

  const create = () =>
    createRenewals({
      leaseSeconds,
      clock: () => now,
      queue: {
        async extend(receipts) {
          asked.push(receipts);
          return receipts.map(answer);
        },
      },
      onRenewed: (leases) => renewed.push(...leases),
      onLost: (receipts) => lost.push(...receipts),
      onTrouble: (message) => trouble.push(message),
    });

  const held = (receipt: string): HeldLease => [receipt, now + leaseSeconds * 1000];

  test("a lease is renewed when a third of it has passed, and not before", async () => {
    const renewals = create();
    renewals.hold([held("a")]);
    now += 9_999;
    await renewals.renewDue();
    expect(asked).toEqual([]);
    now += 1;
    await renewals.renewDue();
    expect(renewed).toEqual([["a", now + 30_000]]);
    await renewals.renewDue();
    expect(asked).toEqual([["a"]]);
  });

  test("only those that are due are asked for, in one call", async () => {
    const renewals = create();
    renewals.hold([held("a"), held("b")]);
    now += 10_000;
    renewals.hold([held("c")]);
    await renewals.renewDue();
    expect(asked).toEqual([["a", "b"]]);
  });

  test("a lease that the queue calls lost is told once, and never asked for again", async () => {
    answer = () => ({ held: false, error: new SimpleTasksError("lease_lost", "gone") });
    const renewals = create();
    renewals.hold([held("a")]);
    now += 15_000;
    await renewals.renewDue();
    await renewals.renewDue();
    expect(lost).toEqual(["a"]);
    expect(asked).toHaveLength(1);
  });

  test("while the queue is out of reach leases are tried again until the clock ends them", async () => {
    answer = () => {
      throw new Error("no answer");
    };
    const renewals = create();
    renewals.hold([held("a")]);
    now += 15_000;
    await renewals.renewDue();
    await renewals.renewDue();
    expect([lost, trouble.length]).toEqual([[], 2]);
    now += 15_000;
    await renewals.renewDue();
    expect(lost).toEqual(["a"]);
  });

  test("a lease dropped while the queue is asked is neither renewed nor lost", async () => {
    const renewals = create();
    answer = (receipt) => {
      renewals.drop([receipt]);
      return { held: false, error: new SimpleTasksError("lease_lost", "deleted meanwhile") };
    };
    renewals.hold([held("a")]);
    now += 15_000;
    await renewals.renewDue();
    expect([renewed, lost]).toEqual([[], []]);
  });

  test("four tries fit between the first renewal and the end of a lease", () => {
    expect(create().intervalMilliseconds * 4).toBeLessThanOrEqual((leaseSeconds * 1000 * 2) / 3);
  });
});
