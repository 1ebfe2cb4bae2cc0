import type { FileOperations, OpenFile } from "../../../shared/bucket/file/file-operations.ts";
import { fileSystem } from "../../../shared/bucket/file/file-operations.ts";

/** One call of the file system, before it is made. `path` of a call on an open file is the path it was opened with. */
export interface Step {
  readonly operation: keyof FileOperations | keyof OpenFile;
  readonly path: string;
  readonly to?: string;
}

/** The real file system; `before` sees every step, may wait, and may throw in its place. */
export function tracedFiles(
  before: (step: Step) => void | Promise<void>,
  files: FileOperations = fileSystem,
): FileOperations {
  return {
    async open(path, flags, mode) {
      await before({ operation: "open", path });
      const file = await files.open(path, flags, mode);
      return {
        async read(buffer, offset, length, position) {
          await before({ operation: "read", path });
          return file.read(buffer, offset, length, position);
        },
        async write(buffer, offset, length, position) {
          await before({ operation: "write", path });
          return file.write(buffer, offset, length, position);
        },
        async stat() {
          await before({ operation: "stat", path });
          return file.stat();
        },
        async chmod(mode) {
          await before({ operation: "chmod", path });
          return file.chmod(mode);
        },
        async utimes(accessedSeconds, modifiedSeconds) {
          await before({ operation: "utimes", path });
          return file.utimes(accessedSeconds, modifiedSeconds);
        },
        async sync() {
          await before({ operation: "sync", path });
          return file.sync();
        },
        // Never fails: a process that dies closes its files too.
        close: () => file.close(),
      };
    },
    async lstat(path) {
      await before({ operation: "lstat", path });
      return files.lstat(path);
    },
    async realpath(path) {
      await before({ operation: "realpath", path });
      return files.realpath(path);
    },
    async readdir(path) {
      await before({ operation: "readdir", path });
      return files.readdir(path);
    },
    async mkdir(path) {
      await before({ operation: "mkdir", path });
      return files.mkdir(path);
    },
    async rmdir(path) {
      await before({ operation: "rmdir", path });
      return files.rmdir(path);
    },
    async rename(from, to) {
      await before({ operation: "rename", path: from, to });
      return files.rename(from, to);
    },
    async link(existing, path) {
      await before({ operation: "link", path: existing, to: path });
      return files.link(existing, path);
    },
    async unlink(path) {
      await before({ operation: "unlink", path });
      return files.unlink(path);
    },
    async copyFile(from, to, mode) {
      await before({ operation: "copyFile", path: from, to });
      return files.copyFile(from, to, mode);
    },
  };
}

/** An error as the operating system throws it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code });
}
