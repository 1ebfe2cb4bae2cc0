import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Gives `use` the path of a file with this content, and removes it afterwards. */
export async function withFile<Result>(
  content: string | Uint8Array,
  use: (path: string) => Promise<Result>,
): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), "bucket-contract-"));
  try {
    const path = join(directory, "source.dat");
    await writeFile(path, content);
    return await use(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
