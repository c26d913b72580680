/** Value of the first header with this lower-case name, or undefined. */
export function findHeader(rawHeaders: readonly string[], lowerName: string): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (isNamed(rawHeaders[i], lowerName)) return rawHeaders[i + 1];
  }
  return undefined;
}

/** Value of the header with this lower-case name; undefined without one, null when there are several. */
export function onlyHeader(rawHeaders: readonly string[], lowerName: string): string | null | undefined {
  let value: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!isNamed(rawHeaders[i], lowerName)) continue;
    if (value !== undefined) return null;
    value = rawHeaders[i + 1];
  }
  return value;
}

/** Values of all headers with this lower-case name. HTTP/2 requests have no `headersDistinct`. */
export function headerValues(rawHeaders: readonly string[], lowerName: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && isNamed(rawHeaders[index - 1], lowerName));
}

/** How many headers have this lower-case name. */
export function countHeader(rawHeaders: readonly string[], lowerName: string): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (isNamed(rawHeaders[i], lowerName)) count++;
  return count;
}

/** Comparing lengths first spares nearly all the lower-casing. */
export function isNamed(name: string | undefined, lowerName: string): boolean {
  return (
    name !== undefined && name.length === lowerName.length && (name === lowerName || name.toLowerCase() === lowerName)
  );
}
