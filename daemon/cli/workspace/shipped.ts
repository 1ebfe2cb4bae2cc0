import { fileURLToPath } from "node:url";
import { programUrl } from "../../../shared/program.ts";

/** Folders that are installed with the program, absolute. */
export const shipped = {
  /** What `init` copies: a folder each, as it is to lie in the workspace. */
  templates: folder("../../../media/templates/", "../media/templates/"),
  /** What editors and compilers need to know of the library, and of what it leads to. */
  declarations: folder("../../../dist/declarations/", "declarations/"),
  /** JSON schemas of the files that people write. */
  schemas: folder("../../../media/schemas/", "../media/schemas/"),
} as const;

function folder(fromSource: string, fromBundle: string): string {
  return fileURLToPath(programUrl(import.meta.url, fromSource, fromBundle));
}
