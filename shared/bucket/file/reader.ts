import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import { createHash } from "node:crypto";
import { SimpleTasksError } from "../../errors.ts";
import type { Checksum, GetOptions, ObjectInfo, ObjectStream } from "../bucket.ts";
import { showKey } from "../key.ts";
import type { ByteSpan } from "../range.ts";
import { spanOf } from "../range.ts";
import { objectChanged, objectMissing, refuseAborted } from "../refusals.ts";
import { etagOf, infoOf, unchanged } from "./etag.ts";
import type { FileOperations, OpenFile } from "./file-operations.ts";
import type { Place, Places } from "./places.ts";
import { isSame } from "./places.ts";
import type { Spellings } from "./spelling.ts";
import { bucketError, keyUnsupported, systemCode } from "./system-error.ts";

const CHUNK_BYTES = 256 * 1024;

/** What fails to open because there is no regular file there; `O_NOFOLLOW` reports a link at the place as ELOOP, BSD as EMLINK or EFTYPE. */
const NOT_OPENED = new Set([
  "ENOENT",
  "ENOTDIR",
  "ENAMETOOLONG",
  "ELOOP",
  "EMLINK",
  "EFTYPE",
  "ENXIO",
  "EISDIR",
]);

export interface ReaderContext {
  readonly files: FileOperations;
  readonly places: Places;
  readonly spellings: Spellings;
  readonly url: string;
}

/** Reads objects of a file bucket. Files are opened without following links, then checked to be the ones at their places. */
export function createReader({ files, places, spellings, url }: ReaderContext) {
  /** The file of an object as it lies there; undefined when there is none. */
  async function find(place: Place): Promise<BigIntStats | undefined> {
    if (place.refusal !== undefined) return undefined;
    if ((await places.way(place)) !== "there") return undefined;
    const stats = await places.look(place);
    if (stats === undefined || stats.isDirectory()) return undefined;
    if (!stats.isFile()) throw keyUnsupported(url, place.key, `${place.path} is no regular file`);
    const exact =
      (await spellings.areExact(place.directories)) &&
      (await spellings.isExact(place.directory, place.name, stats));
    return exact ? stats : undefined;
  }

  /** Opens the object, or gives undefined when there is none. */
  async function open(
    place: Place,
  ): Promise<{ readonly handle: OpenFile; readonly stats: BigIntStats } | undefined> {
    // A put in between makes the opened file another one than the one at the place: look again.
    for (let round = 0; round < 1000; round++) {
      if (place.refusal !== undefined) return undefined;
      const handle = await openFile(place.path);
      if (handle === undefined) {
        if ((await find(place)) === undefined) return undefined;
        continue;
      }
      try {
        const stats = await handle.stat();
        const found = await find(place);
        if (found !== undefined && isSame(found, stats)) return { handle, stats };
        await handle.close();
        if (found === undefined) return undefined;
      } catch (error) {
        await handle.close();
        throw error;
      }
    }
    throw objectChanged(url, place.key);
  }

  async function openFile(path: string): Promise<OpenFile | undefined> {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    try {
      // Windows has neither flag; a pipe opened without O_NONBLOCK would wait for its other end.
      return await files.open(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
    } catch (error) {
      if (NOT_OPENED.has(systemCode(error) ?? "")) return undefined;
      throw error;
    }
  }

  /** The bytes of a span, read from an open file that is closed afterwards. Fails when the file changed meanwhile. */
  async function* bytesOf(
    key: string,
    handle: OpenFile,
    before: BigIntStats,
    span: ByteSpan,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, void> {
    try {
      let position = span.start;
      const end = span.start + span.length;
      while (position < end) {
        refuseAborted(signal);
        const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, end - position));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
        if (bytesRead === 0) break;
        position += bytesRead;
        // The last bytes are handed out only once the whole is known to be one content.
        if (position >= end) await confirmUnchanged(key, handle, before);
        yield buffer.subarray(0, bytesRead);
      }
      if (position < end) {
        await confirmUnchanged(key, handle, before);
        const short = `${end - position} of ${span.length} bytes of ${showKey(key)} in ${url} did not arrive.`;
        throw new SimpleTasksError("transfer_corrupt", short, {
          retryable: true,
          about: { bucket: url, key },
        });
      }
      if (span.length === 0) await confirmUnchanged(key, handle, before);
    } catch (error) {
      throw bucketError(error, url, "read", key);
    } finally {
      await handle.close();
    }
  }

  async function confirmUnchanged(key: string, handle: OpenFile, before: BigIntStats): Promise<void> {
    if (!unchanged(before, await handle.stat())) throw objectChanged(url, key);
  }

  /** Opens the object again when the body is asked for, so that a body that nobody reads holds no file open. */
  async function* reopened(
    place: Place,
    before: BigIntStats,
    span: ByteSpan,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, void> {
    const opened = await open(place);
    if (opened === undefined) throw objectChanged(url, place.key);
    if (!isSame(opened.stats, before) || !unchanged(before, opened.stats)) {
      await opened.handle.close();
      throw objectChanged(url, place.key);
    }
    yield* bytesOf(place.key, opened.handle, before, span, signal);
  }

  return {
    find,

    async head(
      place: Place,
      checksum: boolean,
      signal: AbortSignal | undefined,
    ): Promise<ObjectInfo | undefined> {
      if (!checksum) {
        const stats = await find(place);
        return stats === undefined ? undefined : infoOf(place.key, stats);
      }
      const opened = await open(place);
      if (opened === undefined) return undefined;
      const { handle, stats } = opened;
      const info = infoOf(place.key, stats);
      const hash = createHash("sha256");
      for await (const chunk of bytesOf(place.key, handle, stats, { start: 0, length: info.bytes }, signal))
        hash.update(chunk);
      const value: Checksum = { algorithm: "sha256", value: hash.digest("hex") };
      return { ...info, checksum: value };
    },

    async get(place: Place, { range, ifMatch, signal }: GetOptions): Promise<ObjectStream> {
      const opened = await open(place);
      if (opened === undefined) throw objectMissing(url, place.key);
      const { handle, stats } = opened;
      const info = infoOf(place.key, stats);
      let read: AsyncGenerator<Uint8Array, void, void>;
      try {
        if (ifMatch !== undefined && ifMatch !== etagOf(stats)) throw objectChanged(url, place.key);
        const span = spanOf(range, info.bytes, place.key);
        if (span.length > CHUNK_BYTES) {
          await handle.close();
          return { info, body: reopened(place, stats, span, signal) };
        }
        read = bytesOf(place.key, handle, stats, span, signal);
      } catch (error) {
        await handle.close();
        throw error;
      }
      const chunks: Uint8Array[] = [];
      for await (const chunk of read) chunks.push(chunk);
      return { info, body: bodyOf(chunks) };
    },
  };
}

async function* bodyOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* chunks;
}
