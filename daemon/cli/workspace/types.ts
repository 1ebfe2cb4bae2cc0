import { cp, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { makeDirectory } from "../../../shared/make-directory.ts";
import { shipped } from "./shipped.ts";

/** What `tsconfig.json` beside `simpletasks.json` holds, where there is none. */
export const rootConfiguration = `${JSON.stringify({ extends: "./.simpletasks/tsconfig.json" }, undefined, 2)}\n`;

/**
 * Makes anew what editors and compilers need in a workspace where nothing is installed: `.simpletasks/types`, with the
 * JSON schemas of its files, and `.simpletasks/tsconfig.json`. Both belong to the program alone.
 * @throws `io`
 */
export async function refreshTypes(state: string): Promise<void> {
  if (!(await isThere(path.join(shipped.declarations, "package.json")))) {
    throw new SimpleTasksError(
      "io",
      `the types that belong into a workspace are not in ${shipped.declarations}`,
      {
        hint: "In a clone, build them: npm run build. Else install the program anew.",
      },
    );
  }
  const types = path.join(state, "types");
  const next = path.join(state, `types.${process.pid}`);
  await rm(next, { recursive: true, force: true });
  try {
    await cp(shipped.declarations, next, { recursive: true });
    await cp(shipped.schemas, path.join(next, "schemas"), { recursive: true });
    await rm(types, { recursive: true, force: true });
    await rename(next, types);
  } finally {
    await rm(next, { recursive: true, force: true });
  }
  await writeFile(path.join(state, "tsconfig.json"), configuration);
}

/** Creates the folder of a workspace's state: for its user alone, and unseen by git. */
export async function makeStateFolder(state: string): Promise<void> {
  await makeDirectory(state, 0o700);
  await writeFile(path.join(state, ".gitignore"), "*\n", { flag: "wx" }).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  });
}

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

/**
 * Task files are ES modules whatever the nearest `package.json` says, and Node runs them by leaving their types out. Types
 * that the workspace has installed itself come before ours.
 */
const configuration = `// Made by simpletasks init, which writes it anew. What you want otherwise belongs into tsconfig.json beside simpletasks.json.
${JSON.stringify(
  {
    compilerOptions: {
      target: "es2024",
      lib: ["es2024", "esnext.array", "esnext.collection", "esnext.disposable", "esnext.iterator"],
      module: "esnext",
      moduleResolution: "bundler",
      moduleDetection: "force",
      strict: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
      resolveJsonModule: true,
      typeRoots: ["../node_modules/@types", "./types"],
      types: ["node"],
      paths: {
        simpletasks: ["./types/simpletasks/library.d.ts"],
        "simpletasks/testing": ["./types/simpletasks/testing.d.ts"],
        "undici-types": ["./types/undici-types/index.d.ts"],
      },
    },
    include: ["../**/*.ts", "../**/*.mts"],
    exclude: ["../node_modules", "../**/node_modules", "."],
  },
  undefined,
  2,
)}
`;
