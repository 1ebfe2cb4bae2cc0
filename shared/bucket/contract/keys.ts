import type { Bucket } from "../bucket.ts";
import { compareKeys } from "../key.ts";
import { expectContent, expectEqual, expectRejection, listedKeys } from "./expectations.ts";
import type { BucketRow } from "./row.ts";

/** Which keys a bucket must hold apart, and which it must refuse. */
export const keyRows: readonly BucketRow[] = [
  {
    name: "holds Unicode and odd keys",
    run: (bucket) =>
      holds(bucket, [
        "a..b",
        "ab",
        "...a",
        "with space/and  two",
        "%2e%2e/a%2Fb",
        "a+b&c=d#e",
        "[x]{y}(z)'",
        "große Würfel/日本語.dat",
        "𝒳/😀",
        "~tilde",
        "-dash",
        "#hash",
        "a;b,c@d!e$f",
        "x".repeat(255),
        `deep/${"d/".repeat(60)}end`,
        ".hidden",
      ]),
  },
  {
    name: "holds keys that Windows would read otherwise",
    needs: "windows names",
    run: (bucket) =>
      holds(bucket, [
        "a\\b",
        "2024-01-01T10:00:00Z/x",
        "line\nfeed",
        "tab\there",
        'q"uote',
        "que?ry",
        "st*r",
        "con",
        "nul.dat",
        "dot.",
        "space ",
        "...",
      ]),
  },
  {
    name: "holds an object beside others whose keys go on from its own",
    needs: "besides",
    run: (bucket) => holds(bucket, ["a", "a/b", "a/b/c", "a.b"]),
  },
  {
    name: "refuses an object beside others whose keys go on from its own, and overwrites nothing",
    without: "besides",
    async run(bucket) {
      await bucket.put("a/b/c", "below");
      for (const key of ["a", "a/b"])
        await expectRejection(`put(${key})`, "key_unsupported", () => bucket.put(key, "above"));
      await bucket.put("x", "above");
      for (const key of ["x/y", "x/y/z"])
        await expectRejection(`put(${key})`, "key_unsupported", () => bucket.put(key, "below"));
      await expectContent(bucket, "a/b/c", "below");
      await expectContent(bucket, "x", "above");
    },
  },
  {
    name: "holds keys with parts of more than 255 bytes, up to 1,024 bytes in all",
    needs: "long parts",
    run: (bucket) => holds(bucket, ["x".repeat(256), "y".repeat(1024), `é/${"é".repeat(500)}`]),
  },
  {
    name: "refuses parts of more than 255 bytes, and has no object there",
    without: "long parts",
    async run(bucket) {
      for (const key of ["x".repeat(256), "é".repeat(128), `a/${"y".repeat(300)}/b`]) {
        await expectRejection("put of a long part", "key_unsupported", () => bucket.put(key, "x"));
        expectEqual("head of a long part", await bucket.head(key), undefined);
        await expectRejection("get of a long part", "object_missing", () => bucket.get(key));
        await bucket.delete(key);
      }
      expectEqual("The listed keys", await listedKeys(bucket), []);
    },
  },
  {
    name: "holds keys apart that differ only in case",
    needs: "case",
    run: (bucket) => holds(bucket, ["case/a.dat", "case/A.dat", "Case/a.dat", "CASE/A.DAT"]),
  },
  {
    name: "refuses keys that differ only in case, and overwrites nothing",
    without: "case",
    run: (bucket) => refusesSpelling(bucket, "Folder/Name", ["Folder/NAME", "folder/Name", "FOLDER/other"]),
  },
  {
    name: "holds keys apart that differ only in Unicode normalisation",
    needs: "normalisation",
    run: (bucket) => holds(bucket, ["caf\u00e9/x", "cafe\u0301/x", "\u212b", "\u00c5"]),
  },
  {
    name: "refuses keys that differ only in Unicode normalisation, and overwrites nothing",
    without: "normalisation",
    run: (bucket) => refusesSpelling(bucket, "caf\u00e9/\u00e9", ["cafe\u0301/\u00e9", "caf\u00e9/e\u0301"]),
  },
  {
    name: "refuses keys that would leave a directory, or that no engine holds",
    async run(bucket) {
      const keys = [
        "",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "../a",
        "a/../../b",
        "a/./b",
        "a\\..\\..\\b",
        "\\a",
        "C:\\a",
        "c:a",
        "a\0b",
        "\ud800",
        "x".repeat(1025),
      ];
      for (const key of keys) {
        const shown = JSON.stringify(key.slice(0, 30));
        await expectRejection(`put(${shown})`, "key_invalid", () => bucket.put(key, "x"));
        await expectRejection(`get(${shown})`, "key_invalid", () => bucket.get(key));
        await expectRejection(`head(${shown})`, "key_invalid", () => bucket.head(key));
        await expectRejection(`delete(${shown})`, "key_invalid", () => bucket.delete(key));
      }
      expectEqual("The listed keys", await listedKeys(bucket), []);
    },
  },
];

/** Fails unless the bucket holds all these keys at once, each with its own content, and lists them. */
async function holds(bucket: Bucket, keys: readonly string[]): Promise<void> {
  for (const key of keys) await bucket.put(key, `content of ${key}`);
  for (const key of keys) await expectContent(bucket, key, `content of ${key}`);
  expectEqual("The listed keys", await listedKeys(bucket), [...keys].sort(compareKeys));
  for (const key of keys) await bucket.delete(key);
  expectEqual("The listed keys after all were deleted", await listedKeys(bucket), []);
}

async function refusesSpelling(bucket: Bucket, key: string, others: readonly string[]): Promise<void> {
  await bucket.put(key, "first");
  for (const other of others) {
    await expectRejection(`put(${other})`, "key_unsupported", () => bucket.put(other, "second"));
    await expectRejection(`put(${other}) if absent`, "key_unsupported", () =>
      bucket.put(other, "x", { onlyIfAbsent: true }),
    );
    expectEqual(`head(${other})`, await bucket.head(other), undefined);
    await expectRejection(`get(${other})`, "object_missing", () => bucket.get(other));
    await bucket.delete(other);
    expectEqual(`The keys listed under ${other}`, await listedKeys(bucket, { prefix: other }), []);
  }
  await expectContent(bucket, key, "first");
  expectEqual("The listed keys", await listedKeys(bucket), [key]);
}
