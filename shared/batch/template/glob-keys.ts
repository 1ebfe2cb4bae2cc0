import type { Bucket } from "../../bucket/bucket.ts";
import type { Glob } from "./glob.ts";

/** The keys of a bucket that globs find. */
export interface GlobKeys {
  /**
   * The keys under `baseDirectory` that match, relative to it, in order of their UTF-8 bytes. The same glob gives the same
   * keys ever after: what was validated and what is sent must be the same tasks, whatever comes into the bucket meanwhile.
   */
  find(baseDirectory: string, pattern: string, glob: Glob): Promise<FoundKeys>;
}

export interface FoundKeys {
  readonly keys: readonly string[];
  /** The bucket's URL. */
  readonly bucket: string;
}

export interface GlobKeysOptions {
  /** Opens the bucket, when the first glob needs it; whoever opens it closes it. */
  readonly bucket: () => Promise<Bucket>;
  /** Called after each page with how many keys of this glob were looked at so far. */
  readonly onListed?: ((keys: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export function openGlobKeys({ bucket, onListed, signal }: GlobKeysOptions): GlobKeys {
  let opened: Promise<Bucket> | undefined;
  const found = new Map<string, Promise<FoundKeys>>();

  async function list(baseDirectory: string, glob: Glob): Promise<FoundKeys> {
    const looked = await (opened ??= bucket());
    const root = baseDirectory.endsWith("/") ? baseDirectory : `${baseDirectory}/`;
    const keys: string[] = [];
    let listed = 0;
    let after: string | undefined;
    do {
      const page = await looked.list({ prefix: root + glob.prefix, after, signal });
      for (const { key } of page.objects) {
        const relative = key.slice(root.length);
        if (glob.matches(relative)) keys.push(relative);
      }
      listed += page.objects.length;
      onListed?.(listed);
      after = page.next;
    } while (after !== undefined);
    return { keys, bucket: looked.url };
  }

  return {
    find(baseDirectory, pattern, glob) {
      const name = JSON.stringify([baseDirectory, pattern]);
      const finding = found.get(name) ?? list(baseDirectory, glob);
      found.set(name, finding);
      return finding;
    },
  };
}
