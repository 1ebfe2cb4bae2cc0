/** A map that forgets everything when it would grow beyond `limit`: for what can be learned again. */
export function boundedMap<Key, Value>(
  limit: number,
): { get(key: Key): Value | undefined; set(key: Key, value: Value): void } {
  const entries = new Map<Key, Value>();
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      if (entries.size >= limit) entries.clear();
      entries.set(key, value);
    },
  };
}
