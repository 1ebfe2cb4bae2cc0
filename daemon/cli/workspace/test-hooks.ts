// Loaded before each test file of `simpletasks test`: it may import `simpletasks`, and task files, as a daemon loads them.
import { resolveForTaskFiles } from "../../../shared/task/resolve.ts";

resolveForTaskFiles([]);
