import { defineTask } from "simpletasks";

/** Does nothing: what is measured is everything around it. */
export const nothing = defineTask({ name: "NOTHING" });
