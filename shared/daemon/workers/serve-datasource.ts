import { concurrently } from "../../datasource/concurrently.ts";
import type { StagedDatasource } from "../../datasource/staged.ts";
import { asSimpleTasksError, SimpleTasksError } from "../../errors.ts";
import {
  type DatasourceReply,
  type DatasourceRequest,
  parseDatasourceRequest,
  type SentValue,
  sendError,
} from "./datasource-calls.ts";

/** Serves the datasource calls of one attempt. */
export interface DatasourceService {
  /** Never rejects. Undefined where no answer is due. */
  answer(callId: number, request: unknown): Promise<DatasourceReply | undefined>;
}

/**
 * @param datasource the attempt's own; asked for with the first call
 * @param signal fires when the attempt is given up
 */
export function serveDatasource(datasource: () => StagedDatasource, signal: AbortSignal): DatasourceService {
  /** The paths handed out: a worker names no other file as staged. */
  const handedOut = new Set<string>();
  const inProgress = new Map<number, AbortController>();

  async function answer(callId: number, request: unknown): Promise<DatasourceReply | undefined> {
    const abandon = new AbortController();
    try {
      const parsed = parseDatasourceRequest(request);
      if (parsed.method === "abandon") {
        inProgress.get(parsed.of)?.abort();
        return undefined;
      }
      inProgress.set(callId, abandon);
      return { callId, paths: await perform(parsed, AbortSignal.any([signal, abandon.signal])) };
    } catch (error) {
      return { callId, error: sendError(asSimpleTasksError(error, "io")) };
    } finally {
      inProgress.delete(callId);
    }
  }

  async function perform(
    request: Exclude<DatasourceRequest, { method: "abandon" }>,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    switch (request.method) {
      case "get":
        return datasource().get(request.keys, {
          overrideCache: request.overrideCache,
          onlyCache: request.onlyCache,
          signal,
        });
      case "put":
        await concurrently(request.values, signal, ([key, value], either) =>
          put(key, value, request.onlyCache, either),
        );
        return [];
      case "delete":
        await datasource().delete(request.keys, { signal });
        return [];
      case "stage": {
        const paths = await Promise.all(
          Array.from({ length: request.count }, () => datasource().newStagingPath()),
        );
        for (const path of paths) handedOut.add(path);
        return paths;
      }
    }
  }

  async function put(
    key: string,
    value: SentValue,
    onlyCache: boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (typeof value === "object" && "staged" in value) {
      if (!handedOut.delete(value.staged))
        throw new SimpleTasksError(
          "internal",
          `The worker staged ${value.staged}, which is no path that it was given`,
        );
      datasource().stageFile(key, value.staged, { onlyCache });
      return;
    }
    const given =
      typeof value === "object" && "base64" in value ? Buffer.from(value.base64, "base64") : value;
    await datasource().put(key, given, { onlyCache, signal });
  }

  return { answer };
}
