/**
 * Names a place in a JSON value as a person would write it: `payload_info.thresholds[3]`, `payload_info["a b"]`.
 *
 * @param root the name of the value itself; may be empty when `steps` begins with a key
 */
export function jsonPath(root: string, steps: readonly PropertyKey[]): string {
  let path = root;
  for (const step of steps) {
    if (typeof step === "number") path += `[${step}]`;
    else if (typeof step === "symbol") path += `[${String(step)}]`;
    else if (!identifier.test(step)) path += `[${JSON.stringify(step)}]`;
    else path += path === "" ? step : `.${step}`;
  }
  return path === "" ? "the value" : path;
}

const identifier = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;
