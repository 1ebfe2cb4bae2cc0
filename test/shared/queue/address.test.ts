import path from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isSimpleTasksError } from "../../../shared/errors.ts";
import { parseSqliteUrl, sqliteUrl } from "../../../shared/queue/sqlite/address.ts";

const rows: readonly [url: string, file: string, queue: string][] = [
  ["sqlite:queue.db", "/base/queue.db", "tasks"],
  ["sqlite:a/../b/queue.db?queue=done", "/base/b/queue.db", "done"],
  ["sqlite:/abs/queue.db?queue=done", "/abs/queue.db", "done"],
  ["sqlite:///abs/queue.db?queue=a%20b%26c%3Dd", "/abs/queue.db", "a b&c=d"],
  ["sqlite:///abs/100%25 %3F#.db", "/abs/100% ?#.db", "tasks"],
  ["sqlite:q.db?queue=a=b", "/base/q.db", "a=b"],
];

test.each(rows)("%s names a file and a queue", (url, file, queue) => {
  expect(parseSqliteUrl(url, "/base", path.posix)).toEqual({ file, queue });
});

const windowsRows: readonly [url: string, file: string][] = [
  ["sqlite:queue.db", "C:\\base\\queue.db"],
  ["sqlite:work\\queue.db", "C:\\base\\work\\queue.db"],
  ["sqlite:D:\\work\\queue.db", "D:\\work\\queue.db"],
  ["sqlite:D:/work/queue.db", "D:\\work\\queue.db"],
  ["sqlite:///D:/work/queue.db", "D:\\work\\queue.db"],
  ["sqlite:////server/share/queue.db", "\\\\server\\share\\queue.db"],
];

test.each(windowsRows)("%s names a file on Windows", (url, file) => {
  expect(parseSqliteUrl(url, "C:\\base", path.win32).file).toBe(file);
});

test.each([
  ["sqlite:"],
  ["sqlite:?queue=a"],
  ["sqlite://host/queue.db"],
  ["sqlite:100%.db"],
  ["sqlite:a%00b"],
  ["sqlite:q.db?queue="],
  ["sqlite:q.db?queue=a%0Ab"],
  ["sqlite:q.db?quueue=a"],
  ["other:q.db"],
])("%s is refused", (url) => {
  let thrown: unknown;
  try {
    parseSqliteUrl(url, "/base", path.posix);
  } catch (error) {
    thrown = error;
  }
  expect(isSimpleTasksError(thrown, "url_invalid")).toBe(true);
});

const part = fc
  .string({ unit: "binary", minLength: 1, maxLength: 12 })
  .filter((text) => /^[^\p{Cc}\p{Cs}/\\:]+$/u.test(text) && !/^\.+$/.test(text));

test("the URL of an address reads as that address, from any directory, on POSIX and on Windows", () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), part, (parts, queue) => {
      const posix = { file: `/${parts.join("/")}`, queue };
      expect(parseSqliteUrl(sqliteUrl(posix, path.posix), "/elsewhere", path.posix)).toEqual(posix);
      for (const root of ["C:\\", "\\\\server\\share\\"]) {
        const windows = { file: `${root}${parts.join("\\")}`, queue };
        expect(parseSqliteUrl(sqliteUrl(windows, path.win32), "D:\\elsewhere", path.win32)).toEqual(windows);
      }
    }),
  );
});

test("the URL of an address is one word in ASCII, and keeps names that hold a % or half a character", () => {
  const file = "/my job ünï/100%25 #?.db";
  const url = sqliteUrl({ file, queue: "a b" }, path.posix);
  expect(url).toBe("sqlite:///my%20job%20%C3%BCn%C3%AF/100%2525%20%23%3F.db?queue=a%20b");
  expect(parseSqliteUrl(url, "/elsewhere", path.posix).file).toBe(file);
  const half = { file: "C:\\a \ud800 b.db", queue: "q" };
  expect(parseSqliteUrl(sqliteUrl(half, path.win32), "D:\\", path.win32)).toEqual(half);
});
