import { parseSegment, type SegmentPattern } from '../apis/segment-pattern.js';

/**
 * The variables of a resource target as a request filled them, percent-encoded as received: `{petId}` of `/pets/{petId}`,
 * `{+rest}` for all that follows, `{value}` of the query template `/search?q={+value}`.
 */
export function resourceVariables(target: string, suffix: string, query: string | undefined): Map<string, string> {
  const values = new Map<string, string>();
  const [path = '', queryTemplate] = splitOnce(target, '?');
  const declared = segmentsOf(path);
  const received = segmentsOf(suffix);
  declared.forEach((segment, index) => {
    const rest = /^\{\+([^{}]*)\}$/.exec(segment)?.[1];
    if (rest !== undefined && index === declared.length - 1) values.set(rest, received.slice(index).join('/'));
    else readSegment(segment, received[index] ?? '', values);
  });
  if (queryTemplate !== undefined) readQuery(queryTemplate, query ?? '', values);
  return values;
}

const segmentsOf = (path: string) => path.split('/').filter((segment) => segment !== '');

function readSegment(declared: string, received: string, values: Map<string, string>): void {
  const pattern = parseSegment(declared);
  const names = [...declared.matchAll(/\{\+?([^{}]*)\}/g)].map(([, name = '']) => name);
  if (pattern === undefined || names.length === 0) return;
  if (names.length === 1 && declared.startsWith('{') && declared.endsWith('}'))
    values.set(names[0] as string, received);
  else {
    for (const [index, value] of slices(pattern, received).entries()) values.set(names[index] as string, value);
  }
}

/** Found as the resource was: in decoded spelling, literals left to right, the last one at the end. */
function slices({ texts }: SegmentPattern, received: string): string[] {
  const segment = decoded(received);
  const found: string[] = [];
  let from = (texts[0] as string).length;
  for (let i = 1; i < texts.length; i++) {
    const text = texts[i] as string;
    const end = i === texts.length - 1 ? segment.length - text.length : segment.indexOf(text, from + 1);
    found.push(encodeURIComponent(segment.slice(from, end)));
    from = end + text.length;
  }
  return found;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function readQuery(template: string, query: string, values: Map<string, string>): void {
  const received = new Map(query.split('&').map((pair) => splitOnce(pair, '=') as [string, string | undefined]));
  for (const pair of template.split('&')) {
    const [name = '', value = ''] = splitOnce(pair, '=');
    const variable = /^\{\+?([^{}]*)\}$/.exec(value)?.[1];
    if (variable !== undefined) values.set(variable, received.get(name) ?? '');
  }
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
