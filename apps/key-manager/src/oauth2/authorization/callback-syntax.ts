/** The regular expressions that WSO2's callbacks are written in, as far as they are understood here. */

/** A pattern that is too long, malformed, or uses what is not known here. */
export class UnknownPattern extends Error {}

export type CharacterTest = (character: string) => boolean;

export type Node =
  | { readonly kind: 'character'; readonly test: CharacterTest; readonly isLiteral: boolean }
  | { readonly kind: 'all'; readonly parts: readonly Node[] }
  | { readonly kind: 'any'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number };

const metacharacters = /[\\^$.|?*+()[\]{}]/;
const classes: Readonly<Record<string, CharacterTest>> = {
  d: (c) => /[0-9]/.test(c),
  w: (c) => /[A-Za-z0-9_]/.test(c),
  s: () => false,
};

/** Throws `UnknownPattern`. */
export function parse(pattern: string): Node {
  let at = 0;
  const peek = () => pattern[at];
  const isAt = (text: string) => pattern.startsWith(text, at);

  function alternatives(): Node {
    const parts = [sequence()];
    while (peek() === '|') {
      at++;
      parts.push(sequence());
    }
    return parts.length === 1 && parts[0] ? parts[0] : { kind: 'any', parts };
  }

  function sequence(): Node {
    const parts: Node[] = [];
    for (let next = peek(); next !== undefined && next !== '|' && next !== ')'; next = peek()) {
      // The whole text is matched anyway.
      if ((next === '^' && at === 0) || (next === '$' && at === pattern.length - 1)) at++;
      else parts.push(repeated(atom()));
    }
    return { kind: 'all', parts };
  }

  function atom(): Node {
    const character = pattern[at++] ?? '';
    if (character === '(') {
      if (isAt('?:')) at += 2;
      else if (isAt('?')) throw new UnknownPattern();
      const inner = alternatives();
      if (pattern[at++] !== ')') throw new UnknownPattern();
      return inner;
    }
    if (character === '[') return characterClass();
    if (character === '.') return { kind: 'character', test: () => true, isLiteral: false };
    if (character === '\\') return escaped(pattern[at++] ?? '');
    if (metacharacters.test(character)) throw new UnknownPattern();
    return literal(character);
  }

  function characterClass(): Node {
    const isNegated = peek() === '^';
    if (isNegated) at++;
    const tests: CharacterTest[] = [];
    while (peek() !== ']') {
      const first = classMember();
      if (typeof first === 'string' && peek() === '-' && pattern[at + 1] !== ']') {
        at++;
        const last = classMember();
        if (typeof last !== 'string') throw new UnknownPattern();
        tests.push((c) => c >= first && c <= last);
      } else tests.push(typeof first === 'string' ? (c) => c === first : first);
    }
    at++;
    return { kind: 'character', test: (c) => tests.some((test) => test(c)) !== isNegated, isLiteral: false };
  }

  function classMember(): string | CharacterTest {
    const character = pattern[at++];
    if (character === undefined) throw new UnknownPattern();
    if (character !== '\\') return character;
    const name = pattern[at++] ?? '';
    return classes[name] ?? literalEscape(name);
  }

  function repeated(part: Node): Node {
    const bounds = quantifier.exec(pattern.slice(at));
    if (!bounds) return part;
    at += bounds[0].length;
    return { kind: 'repeat', part, ...limitsOf(bounds) };
  }

  const whole = alternatives();
  if (at !== pattern.length) throw new UnknownPattern();
  return whole;
}

const literal = (character: string): Node => ({ kind: 'character', test: (c) => c === character, isLiteral: true });

function escaped(name: string): Node {
  const test = classes[name];
  return test ? { kind: 'character', test, isLiteral: false } : literal(literalEscape(name));
}

/** Letters and digits after a backslash have meanings that are not known here. */
function literalEscape(name: string): string {
  if (name === '' || /[A-Za-z0-9]/.test(name)) throw new UnknownPattern();
  return name;
}

const quantifier = /^(?:[*+?]|\{(\d{1,3})(?:(,)(\d{0,3}))?\})/;

function limitsOf([text, from, comma, to]: readonly string[]): { readonly least: number; readonly most: number } {
  const many = Number.POSITIVE_INFINITY;
  if (text === '*') return { least: 0, most: many };
  if (text === '+') return { least: 1, most: many };
  if (text === '?') return { least: 0, most: 1 };
  const least = Number(from);
  if (comma === undefined) return { least, most: least };
  const most = to === '' ? many : Number(to);
  if (most < least) throw new UnknownPattern();
  return { least, most };
}
