import { inspect, isDeepStrictEqual } from "node:util";
import type { ErrorCode } from "../../errors.ts";
import { isSimpleTasksError } from "../../errors.ts";
import type { Bucket, GetOptions, ListOptions, ObjectInfo } from "../bucket.ts";

/** Fails with a sentence about `what` unless both are deeply equal. */
export function expectEqual<Value>(what: string, actual: Value, expected: Value): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what}: expected ${show(expected)}, but got ${show(actual)}.`);
}

export function expectTrue(what: string, condition: boolean): void {
  if (!condition) throw new Error(`Expected that ${what}.`);
}

/** Fails unless the action rejects with a SimpleTasksError of that code. */
export async function expectRejection(
  what: string,
  code: ErrorCode,
  action: () => Promise<unknown>,
): Promise<void> {
  const failure = await failureOf(action);
  if (failure === undefined) throw new Error(`${what}: expected the error ${code}, but it succeeded.`);
  if (isSimpleTasksError(failure.error, code)) return;
  const got = isSimpleTasksError(failure.error)
    ? failure.error.code
    : `no SimpleTasksError, but ${show(failure.error)}`;
  throw new Error(`${what}: expected the error ${code}, but got ${got}.`, { cause: failure.error });
}

/** Fails unless the action rejects, with whatever. */
export async function expectFailure(what: string, action: () => Promise<unknown>): Promise<void> {
  if ((await failureOf(action)) === undefined)
    throw new Error(`${what}: expected an error, but it succeeded.`);
}

/** What the action threw, boxed because anything may be thrown; undefined when it succeeded. */
export async function failureOf(
  action: () => Promise<unknown>,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** Reads an object, or a range of it, to its end. */
export async function readAll(bucket: Bucket, key: string, options?: GetOptions): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await bucket.get(key, options)).body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Fails unless the object holds exactly these bytes. Long ones are compared without being printed. */
export async function expectContent(
  bucket: Bucket,
  key: string,
  expected: string | Uint8Array,
): Promise<void> {
  expectBytes(`The object ${JSON.stringify(key)}`, await readAll(bucket, key), Buffer.from(expected));
}

export function expectBytes(what: string, actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) === 0) return;
  if (actual.byteLength + expected.byteLength < 200) {
    expectEqual(what, Buffer.from(actual).toString("latin1"), Buffer.from(expected).toString("latin1"));
  }
  const different = expected.findIndex((byte, index) => actual[index] !== byte);
  const where = different === -1 ? expected.byteLength : different;
  throw new Error(
    `${what}: expected ${expected.byteLength} bytes, but got ${actual.byteLength}, which differ from byte ${where} on.`,
  );
}

/** What is known of an object that must be there. */
export async function infoOf(bucket: Bucket, key: string): Promise<ObjectInfo> {
  const info = await bucket.head(key);
  if (info === undefined)
    throw new Error(`head(${JSON.stringify(key)}): expected an object, but got undefined.`);
  return info;
}

/** Every key that a listing gives, page after page. */
export async function listedKeys(bucket: Bucket, options: ListOptions = {}): Promise<string[]> {
  const keys: string[] = [];
  let after = options.after;
  for (;;) {
    const page = await bucket.list({ ...options, after });
    keys.push(...page.objects.map((object) => object.key));
    if (page.next === undefined) return keys;
    expectTrue("the `next` of a page moves on from its `after`", page.next !== after);
    after = page.next;
  }
}

export function streamOf(...chunks: readonly (string | Uint8Array)[]): {
  readonly stream: AsyncIterable<Uint8Array>;
} {
  async function* give(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  return { stream: give() };
}

/** Bytes in which no two places look alike, so that a part out of place shows. */
export function patternOf(bytes: number, seed = 1): Buffer {
  const content = Buffer.allocUnsafe(bytes);
  let state = seed;
  for (let index = 0; index < bytes; index++) {
    // The linear congruential generator of Numerical Recipes; its high byte is even enough here.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    content[index] = state >>> 24;
  }
  return content;
}

function show(value: unknown): string {
  return inspect(value, { breakLength: Infinity, depth: 4, maxArrayLength: 30, maxStringLength: 300 });
}
