import { describe, expect, it } from "vitest";
import { besideQueue, bucketUrl, queueUrl } from "../../../daemon/config/locations.ts";

const context = { engines: "local", workspace: "/work space", base: "/base" } as const;

describe("the queue beside another", () => {
  it("has a name that is longer by the suffix", () => {
    expect(besideQueue("sqlite:///q.db?queue=a%20b", "-done")).toBe("sqlite:///q.db?queue=a%20b-done");
    expect(besideQueue("sqlite:///q.db", "-done")).toBe("sqlite:///q.db?queue=tasks-done");
    expect(besideQueue("sqs://jobs?region=eu-west-1", "-errors")).toBe("sqs://jobs-errors?region=eu-west-1");
    expect(besideQueue("https://sqs.eu-west-1.amazonaws.com/1234/jobs", "-errors")).toBe(
      "https://sqs.eu-west-1.amazonaws.com/1234/jobs-errors",
    );
    expect(besideQueue("sqs://jobs.fifo", "-done")).toBe("sqs://jobs-done.fifo");
    expect(besideQueue("redis://host:6379/0?queue=jobs", "-done")).toBe(
      "redis://host:6379/0?queue=jobs-done",
    );
    expect(besideQueue("memory:", "-done")).toBe("memory:-done");
  });
});

describe("names and URLs", () => {
  it("a path keeps what URLs would take for something else", () => {
    expect(queueUrl("sqlite:50%25?queue=q", context)).toBe("sqlite:///base/50%25?queue=q");
    expect(bucketUrl("file:a b#c", context)).toBe("file:///base/a%20b%23c");
  });

  it("a bare local name lies in the workspace", () => {
    expect(bucketUrl("data", context)).toBe("file:///work%20space/.simpletasks/buckets/data");
  });

  it("whole URLs stay as they are", () => {
    for (const url of ["sqs://q?region=x", "https://sqs/1/q", "memory:x"])
      expect(queueUrl(url, context)).toBe(url);
    for (const url of ["s3://b/prefix", "file:///x", "gs://b"]) expect(bucketUrl(url, context)).toBe(url);
  });

  it.each(["a/b", "..", ".", ".hidden", "C:\\x", "a b", ""])("%j is no name", (name) => {
    expect(() => queueUrl(name, context)).toThrow(/is no name of a queue/);
    expect(() => bucketUrl(name, context)).toThrow(/is no name of a bucket/);
  });
});
