import { defineTask } from "../../../shared/task/define.ts";

/** Does nothing: what is measured is everything around it. */
export const nothing = defineTask({ name: "NOTHING" });
