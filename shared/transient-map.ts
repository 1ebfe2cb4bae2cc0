/**
 * A map for what comes and goes tens of thousands of times a second: like `Map`, in the order of insertion, but its values
 * are garbage as soon as they are deleted.
 *
 * V8 replaces a `Map`'s table every so many deletions, and each table refers to the next one. Once one of them is old
 * enough to be left alone by the young generation's collections, they keep all later tables, and with them every value
 * that was in one, until a full collection. So only numbers lie in the table here; the values lie in slots that are
 * cleared.
 */
export class TransientMap<Key extends string | number, Value extends object> {
  readonly #slotOf = new Map<Key, number>();
  readonly #slots: (Value | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#slotOf.size;
  }

  get(key: Key): Value | undefined {
    const slot = this.#slotOf.get(key);
    return slot === undefined ? undefined : this.#slots[slot];
  }

  has(key: Key): boolean {
    return this.#slotOf.has(key);
  }

  set(key: Key, value: Value): void {
    const slot = this.#slotOf.get(key) ?? this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = value;
    this.#slotOf.set(key, slot);
  }

  /** Whether it was there. */
  delete(key: Key): boolean {
    const slot = this.#slotOf.get(key);
    if (slot === undefined) return false;
    this.#slotOf.delete(key);
    this.#slots[slot] = undefined;
    this.#free.push(slot);
    return true;
  }

  clear(): void {
    this.#slotOf.clear();
    this.#slots.length = 0;
    this.#free.length = 0;
  }

  keys(): IterableIterator<Key> {
    return this.#slotOf.keys();
  }

  *values(): Generator<Value> {
    for (const slot of this.#slotOf.values()) {
      const value = this.#slots[slot];
      if (value !== undefined) yield value;
    }
  }
}
