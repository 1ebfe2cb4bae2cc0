import type { BigIntStats, Dirent } from "node:fs";
import {
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rmdir,
  unlink,
} from "node:fs/promises";

/** What the file bucket asks of the operating system; a test traces it, or makes a step fail. */
export interface FileOperations {
  open(path: string, flags: number, mode?: number): Promise<OpenFile>;
  lstat(path: string): Promise<BigIntStats>;
  realpath(path: string): Promise<string>;
  readdir(path: string): Promise<Dirent[]>;
  mkdir(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Copies the content over a file that exists; `mode` as for `fs.copyFile`. */
  copyFile(from: string, to: string, mode: number): Promise<void>;
}

/** The part of a `FileHandle` that is used. */
export interface OpenFile {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }>;
  stat(): Promise<BigIntStats>;
  chmod(mode: number): Promise<void>;
  utimes(accessedSeconds: number, modifiedSeconds: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The file system of this machine. */
export const fileSystem: FileOperations = {
  async open(path, flags, mode) {
    const handle = await open(path, flags, mode);
    return {
      read: (buffer, offset, length, position) => handle.read(buffer, offset, length, position),
      write: (buffer, offset, length, position) => handle.write(buffer, offset, length, position),
      stat: () => handle.stat({ bigint: true }),
      chmod: (permissions) => handle.chmod(permissions),
      utimes: (accessedSeconds, modifiedSeconds) => handle.utimes(accessedSeconds, modifiedSeconds),
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  lstat: (path) => lstat(path, { bigint: true }),
  realpath: (path) => realpath(path),
  readdir: (path) => readdir(path, { withFileTypes: true }),
  mkdir: (path) => mkdir(path),
  rmdir: (path) => rmdir(path),
  rename: (from, to) => rename(from, to),
  link: (existing, path) => link(existing, path),
  unlink: (path) => unlink(path),
  copyFile: (from, to, mode) => copyFile(from, to, mode),
};
