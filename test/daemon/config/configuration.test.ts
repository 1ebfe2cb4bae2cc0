import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { configurationPage } from "./configuration-page.ts";

const file = fileURLToPath(new URL("../../../docs/configuration.md", import.meta.url));

/** `npx vitest run test/daemon/config/configuration.test.ts -u` writes the file anew. */
it("the page about the configuration is made from what the program reads", async () => {
  await expect(configurationPage()).toMatchFileSnapshot(file);
});
