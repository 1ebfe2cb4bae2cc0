import type { Bucket } from "../../bucket/bucket.ts";

/** An object as it lies in a bucket after a task has run. */
export interface StoredObject {
  readonly bytes: Uint8Array;
  /** The bytes read as UTF-8. */
  readonly text: string;
  /** The text read as JSON. @throws `SyntaxError` when it is none. */
  json(): unknown;
}

/** Every object of a bucket, by key, in memory. */
export async function readObjects(bucket: Bucket): Promise<Readonly<Record<string, StoredObject>>> {
  // A key may be any name, also one that every object inherits.
  const objects: Record<string, StoredObject> = Object.create(null);
  let after: string | undefined;
  do {
    const page = await bucket.list(after === undefined ? {} : { after });
    for (const { key } of page.objects) {
      const { body } = await bucket.get(key);
      objects[key] = storedObject(Buffer.concat(await Array.fromAsync(body)));
    }
    after = page.next;
  } while (after !== undefined);
  return objects;
}

function storedObject(bytes: Uint8Array): StoredObject {
  return {
    bytes,
    get text() {
      return new TextDecoder().decode(bytes);
    },
    json() {
      return JSON.parse(this.text);
    },
  };
}
