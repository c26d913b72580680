/** Reads the variables of a target such as `/pets/{petId}` out of the path that was matched with it. */
export function pathValues(target: string): (suffix: string) => ReadonlyMap<string, string> {
  const segments = (target.split('?', 1)[0] as string).split('/').filter((segment) => segment !== '');
  const readers = segments.map(readerOf);
  return (suffix) => {
    const values = new Map<string, string>();
    const parts = suffix.split('/').filter((part) => part !== '');
    for (let i = 0; i < readers.length; i++) readers[i]?.(parts[i] ?? '', values);
    return values;
  };
}

type Reader = (part: string, values: Map<string, string>) => void;

/** Literal texts are found left to right, as the trie of resources does. */
function readerOf(segment: string): Reader | undefined {
  const names = [...segment.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name as string);
  if (names.length === 0 || names.some((name) => name.startsWith('+'))) return undefined;
  const texts = segment.split(/\{[^{}]*\}/);
  return (part, values) => {
    let start = (texts[0] as string).length;
    for (const [index, name] of names.entries()) {
      const text = texts[index + 1] as string;
      const isLast = index === names.length - 1;
      const end = isLast ? part.length - text.length : part.indexOf(text, start + 1);
      values.set(name, decoded(part.slice(start, end)));
      start = end + text.length;
    }
  };
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
