import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { z } from "zod";
import { workspaceSchema } from "../../../daemon/config/workspace-schema.ts";

const file = fileURLToPath(new URL("../../../media/schemas/simpletasks.schema.json", import.meta.url));

/** `npx vitest run test/daemon/config/json-schema.test.ts -u` writes the file anew. */
it("the JSON schema that editors use is made from what the program reads", async () => {
  const schema = z.toJSONSchema(workspaceSchema, { target: "draft-7" });
  await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(path.normalize(file));
});

it("every setting says what it is for, numbers their range", () => {
  const schema = JSON.stringify(
    z.toJSONSchema(workspaceSchema, { target: "draft-7" }),
    (_key, value: unknown) => {
      if (typeof value !== "object" || value === null || !("type" in value)) return value;
      const isRange = value.type === "number" || value.type === "integer";
      if (isRange) expect(value).toMatchObject({ minimum: expect.any(Number), maximum: expect.any(Number) });
      if (isRange || value.type === "object") expect(value).toHaveProperty("description");
      return value;
    },
  );
  expect(schema).toContain("lease_seconds");
});
