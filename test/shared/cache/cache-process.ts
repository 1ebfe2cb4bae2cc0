// One process on a shared cache, told what to do by its parent. `node cache-process.ts CACHE BUCKET LIMIT [USER]`: with the
// number of a user it goes on as that one, once it has loaded what that one may be unable to read.
import { readFileSync } from "node:fs";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { openFileBucket } from "../../../shared/bucket/file.ts";
import type { Pin } from "../../../shared/cache/cache.ts";
import { openCache } from "../../../shared/cache/open.ts";
import { messageOf } from "../../../shared/errors.ts";

/** From the parent. `gated` makes downloads stop after half of the bytes until `open`. */
export type Command =
  | { readonly do: "fetch"; readonly key: string; readonly freshness: "match" | "any" | "only" }
  | { readonly do: "open" };

/** To the parent. */
export type Report =
  | { readonly saw: "ready" | "head" | "half" }
  | { readonly saw: "fetched"; readonly text: string; readonly hit: boolean }
  | { readonly saw: "failed"; readonly message: string };

const [directory = "", bucketDirectory = "", limit = "", user = ""] = process.argv.slice(2);
if (user !== "") process.setuid?.(Number(user));
const door = Promise.withResolvers<void>();
const pins: Pin[] = [];

function tell(report: Report): void {
  process.send?.(report);
}

function gated(bucket: Bucket): Bucket {
  return {
    ...bucket,
    async head(key, options) {
      const info = await bucket.head(key, options);
      tell({ saw: "head" });
      return info;
    },
    async get(key, options) {
      const { info, body } = await bucket.get(key, options);
      return { info, body: halves(body) };
    },
  };
}

async function* halves(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  yield bytes.subarray(0, bytes.length / 2);
  tell({ saw: "half" });
  await door.promise;
  yield bytes.subarray(bytes.length / 2);
}

const bucket = gated(await openFileBucket({ directory: bucketDirectory }));
const cache = await openCache({ directory, limitBytes: Number(limit) });

process.on("message", (command: Command) => {
  if (command.do === "open") return door.resolve();
  cache.fetch(bucket, command.key, { freshness: command.freshness }).then(
    (pin) => {
      pins.push(pin);
      tell({ saw: "fetched", text: readFileSync(pin.path, "utf8"), hit: pin.hit });
    },
    (error: unknown) => tell({ saw: "failed", message: messageOf(error) }),
  );
});
process.on("disconnect", () => process.exit());
tell({ saw: "ready" });
