/**
 * One segment of a resource target: literal text, `{x}`, or a mix such as `{name}.json` or `{lat},{lon}`. Matching
 * is linear in the segment: literals are found left to right, the last one at the end.
 */
export interface SegmentPattern {
  /** Texts around the variables, so one more than there are variables. */
  readonly texts: readonly string[];
  /** Spelled with `{}` for every variable; equal keys match the same segments. */
  readonly key: string;
}

/** Undefined for a segment without variables. An inner `*` stands for one whole segment, as in WSO2. */
export function parseSegment(segment: string): SegmentPattern | undefined {
  if (segment === '*') return { texts: ['', ''], key: '{}' };
  const texts = segment.split(/\{[^{}]*\}/);
  return texts.length === 1 ? undefined : { texts, key: texts.join('{}') };
}

/** Every variable takes at least one character. */
export function matchesSegment({ texts }: SegmentPattern, segment: string): boolean {
  const first = texts[0] as string;
  const last = texts[texts.length - 1] as string;
  if (!segment.startsWith(first) || !segment.endsWith(last)) return false;
  const end = segment.length - last.length;
  let position = first.length;
  for (let i = 1; i < texts.length - 1; i++) {
    const text = texts[i] as string;
    const found = segment.indexOf(text, position + 1);
    if (found < 0 || found + text.length > end) return false;
    position = found + text.length;
  }
  return position < end;
}
