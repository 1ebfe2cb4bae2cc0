import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { createDatasourceCalls, WorkerDatasource } from "../../../daemon/worker/datasource.ts";
import type { StagedDatasource } from "../../../shared/datasource/staged.ts";
import { serveDatasource } from "../../../shared/daemon/workers/serve-datasource.ts";
import { openFakeStaged, unusedDatasource } from "../../shared/daemon/fake-staged.ts";

/** Both ends of the channel, without the processes. */
function connected(staged: StagedDatasource): WorkerDatasource {
  const service = serveDatasource(() => staged, new AbortController().signal);
  const calls = createDatasourceCalls((report) => {
    if (report.kind !== "call") return;
    void service
      .answer(report.callId, JSON.parse(JSON.stringify(report.request)))
      .then((reply) => reply !== undefined && calls.onReply(reply));
  });
  return new WorkerDatasource(1, calls);
}

describe("a worker's datasource", () => {
  test("sends small values and writes large ones to files that the daemon named", async () => {
    await using staged = await openFakeStaged();
    const datasource = connected(staged);
    await datasource.put({ small: "s", large: "l".repeat(70_000), bytes: new Uint8Array(70_000).fill(1) });
    expect(staged.calls.toSorted()).toEqual(["put small", "stage bytes", "stage large"]);
  });

  test("writes to files what would be too much in one message", async () => {
    await using staged = await openFakeStaged();
    await connected(staged).put(
      Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`k${n}`, "x".repeat(50_000)])),
    );
    const ways = Object.groupBy(staged.calls, (call) => call.split(" ")[0] ?? "");
    expect(ways["put"]?.length).toBe(20);
    expect(ways["stage"]?.length).toBe(20);
  });

  test("lets the change of a key hold that was asked for last, awaited or not", async () => {
    await using staged = await openFakeStaged();
    const datasource = connected(staged);
    const large = "l".repeat(70_000);
    await Promise.all([
      datasource.put({ a: large, b: large, c: large }),
      datasource.put("a", "small"),
      datasource.delete("b"),
    ]);
    expect(staged.objects.get("a")?.toString()).toBe("small");
    expect([...staged.objects.keys()].toSorted()).toEqual(["a", "c"]);
  });

  test("hands over any number of large values", async () => {
    await using staged = await openFakeStaged();
    const values = Array.from({ length: 1100 }, (_, n) => [`k${n}`, "x".repeat(1000)]);
    await connected(staged).put(Object.fromEntries([...values, ["big", new Uint8Array(70_000)]]));
    expect(staged.objects.size).toBe(1101);
    expect(staged.objects.get("k1099")?.toString()).toBe("x".repeat(1000));
  });

  test("stages nothing more once the failure of a put was told", async () => {
    const open = new Set<string>();
    const failing: StagedDatasource = {
      ...unusedDatasource,
      async put(key: unknown) {
        open.add(String(key));
        await new Promise((resolve) => setTimeout(resolve, key === "bad" ? 0 : 20));
        open.delete(String(key));
        if (key === "bad") throw new Error("no");
      },
    };
    await expect(connected(failing).put({ bad: "b", good: "g" })).rejects.toThrow("no");
    expect([...open]).toEqual([]);
  });

  test("gets one path for one key and several for several", async () => {
    await using staged = await openFakeStaged({ a: "A", b: "B" });
    const datasource = connected(staged);
    expect(await readFile(await datasource.get("a"), "utf8")).toBe("A");
    expect((await datasource.get(["a", "b"])).length).toBe(2);
    expect(await datasource.get([])).toEqual([]);
  });

  test("stops waiting when the caller's signal fires, and tells the daemon", async () => {
    const reached = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    const slow: StagedDatasource = {
      ...unusedDatasource,
      put: (_key: unknown, _value?: unknown, options?: { readonly signal?: AbortSignal | undefined }) =>
        new Promise<void>((_resolve, reject) => {
          reached.resolve();
          options?.signal?.addEventListener("abort", () => {
            told.resolve();
            reject(new Error("stopped"));
          });
        }),
    };
    const controller = new AbortController();
    const put = connected(slow).put("a", "A", { signal: controller.signal });
    await reached.promise;
    controller.abort();
    await expect(put).rejects.toMatchObject({ code: "aborted" });
    await told.promise;
  });

  test("is closed after its attempt, once the open calls are answered", async () => {
    await using staged = await openFakeStaged();
    const datasource = connected(staged);
    const put = datasource.put("a", "A");
    await datasource.close();
    expect(staged.objects.get("a")?.toString()).toBe("A");
    await put;
    await expect(datasource.get("a")).rejects.toMatchObject({ code: "closed" });
  });
});

describe("what a worker cannot do through its channel", () => {
  test("stage a file at a path that it was not given, or twice", async () => {
    await using staged = await openFakeStaged();
    const service = serveDatasource(() => staged, new AbortController().signal);
    const put = (path: string): unknown => ({
      method: "put",
      values: [["k", { staged: path }]],
      onlyCache: false,
    });
    expect(await service.answer(1, put("/etc/passwd"))).toMatchObject({ error: { code: "internal" } });
    const given = await service.answer(2, { method: "stage", count: 1 });
    const [path = ""] = given !== undefined && "paths" in given ? given.paths : [];
    expect(await service.answer(3, put(path))).toMatchObject({ paths: [] });
    expect(await service.answer(4, put(path))).toMatchObject({ error: { code: "internal" } });
    expect(staged.calls).toEqual(["stage k"]);
  });

  test.each([
    null,
    "get",
    { method: "list" },
    { method: "get", keys: "a" },
    { method: "get", keys: [1] },
    { method: "put", values: [["a"]] },
    { method: "put", values: [["a", 7]] },
    { method: "put", values: [["a", { file: 7 }]] },
    { method: "put", values: [["a", { file: "f", staged: "s" }]] },
    { method: "put", values: [["a", { base64: 7 }]] },
    { method: "stage", count: "many" },
    { method: "stage", count: -1 },
    { method: "stage", count: 1e9 },
  ])("ask %j", async (request) => {
    const service = serveDatasource(() => unusedDatasource, new AbortController().signal);
    expect(await service.answer(1, request)).toMatchObject({ error: { code: "internal" } });
  });
});
