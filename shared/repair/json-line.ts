/**
 * A report as one line of JSON, which says all that was in it: one that is JSON as it is written, without its line breaks;
 * any other text as a JSON string.
 */
export function jsonLine(body: string): string {
  try {
    JSON.parse(body);
  } catch {
    return JSON.stringify(body);
  }
  // A line break in JSON stands between two parts, never in a string.
  return body.replaceAll(/[\r\n]+/g, " ").trim();
}
