/**
 * A bounded map that drops what has not been read for longest, at the price of one look-up: two plain maps, of which
 * the older is dropped whole when the younger is half full. What is read in the older one moves up.
 */
export class TwoGenerations<Value, Key = string> {
  private readonly half: number;
  private young = new Map<Key, Value>();
  private old = new Map<Key, Value>();

  constructor(capacity: number) {
    this.half = Math.max(1, Math.floor(capacity / 2));
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: Key): Value | undefined {
    const value = this.young.get(key);
    if (value !== undefined) return value;
    const found = this.old.get(key);
    if (found === undefined) return undefined;
    this.old.delete(key);
    this.set(key, found);
    return found;
  }

  set(key: Key, value: Value): void {
    if (this.young.size >= this.half && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }

  delete(key: Key): void {
    this.young.delete(key);
    this.old.delete(key);
  }

  clear(): void {
    this.young = new Map();
    this.old = new Map();
  }
}
