/** Whether a map still holds exactly these values, in this order. */
export function sameValues<Value>(known: readonly Value[], map: ReadonlyMap<unknown, Value>): boolean {
  if (known.length !== map.size) return false;
  let index = 0;
  for (const value of map.values()) if (known[index++] !== value) return false;
  return true;
}
