import { constants } from "node:fs";
import { copyFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { makeDirectory } from "../../../shared/make-directory.ts";

/** Files made in a folder, of which none takes the place of one that is there, nor goes through a link to one. */
export interface NewFiles {
  /** Names relative to the folder, with slashes, in the order in which they were made. */
  readonly made: readonly string[];
  /** Names of those that were there. */
  readonly left: readonly string[];
  write(name: string, contents: string): Promise<void>;
  /** Copies every file below `source`, in the order of their names; `rename` gives the name here of a name there. */
  copy(source: string, rename: (name: string) => string): Promise<void>;
}

export function createNewFiles(directory: string): NewFiles {
  const made: string[] = [];
  const left: string[] = [];

  async function make(name: string, create: (file: string) => Promise<void>): Promise<void> {
    const file = path.join(directory, name);
    await makeDirectory(path.dirname(file));
    try {
      await create(file);
      made.push(name);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      left.push(name);
    }
  }

  return {
    made,
    left,
    write: (name, contents) => make(name, (file) => writeFile(file, contents, { flag: "wx" })),
    async copy(source, rename) {
      const entries = await readdir(source, { recursive: true, withFileTypes: true });
      const names = entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(source, path.join(entry.parentPath, entry.name)));
      for (const name of names.toSorted()) {
        await make(rename(name.split(path.sep).join("/")), (file) =>
          copyFile(path.join(source, name), file, constants.COPYFILE_EXCL),
        );
      }
    },
  };
}
