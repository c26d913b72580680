import { type CharacterTest, type Node, parse, UnknownPattern } from './callback-syntax.js';

/** WSO2's `regexp=…` callbacks, matched in time that grows with the text times the pattern and never faster. */

/** Consumes a character and goes on, or goes on to several states without consuming. */
type State = { readonly test: CharacterTest; readonly isLiteral: boolean; next: number } | { readonly next: number[] };

const maxPatternLength = 512;
const maxTextLength = 1_024;
const maxStates = 1_000;
/** Anybody may ask with any text, so a pattern that costs more than a few milliseconds matches nothing. */
const maxSteps = 50_000;

/**
 * Whether the whole of `uri` matches. Backreferences and look-around are not known here, so that no pattern can make
 * the matcher slow. What ends the authority must stand in the pattern itself: with `https://.*\.example\.com/cb`,
 * `https://evil.example/x.example.com/cb` would otherwise match, and the code would go to somebody else. So must what
 * ends the host: `https://app\.example\.com.*` is not meant for `https://app.example.com.evil.example`.
 */
export function matchesPattern(pattern: string, uri: string): boolean {
  if (pattern.length > maxPatternLength || uri.length > maxTextLength) return false;
  const authority = authorityOf(uri);
  if (authority === undefined) return false;
  try {
    return runs(compile(parse(pattern)), uri, authority);
  } catch (error) {
    if (error instanceof UnknownPattern) return false;
    throw error;
  }
}

interface Authority {
  /** The index of the host's last character. */
  readonly hostLast: number;
  /** The index of what follows the authority, or of the end. */
  readonly end: number;
}

/** Undefined where there is none. */
function authorityOf(uri: string): Authority | undefined {
  const start = uri.indexOf('://');
  if (start < 0) return undefined;
  const length = uri.slice(start + 3).search(/[/?#]/);
  const end = length < 0 ? uri.length : start + 3 + length;
  return { hostLast: uri.slice(0, end).replace(/:\d*$/, '').length - 1, end };
}

/** Thompson's construction, from the end to the start; the last state is the accepting one. */
function compile(pattern: Node): { readonly states: readonly State[]; readonly start: number } {
  const states: State[] = [{ next: [] }];
  const add = (state: State): number => {
    if (states.length >= maxStates) throw new UnknownPattern();
    return states.push(state) - 1;
  };
  const build = (node: Node, then: number): number => {
    switch (node.kind) {
      case 'character':
        return add({ test: node.test, isLiteral: node.isLiteral, next: then });
      case 'all':
        return node.parts.reduceRight((next, part) => build(part, next), then);
      case 'any':
        return add({ next: node.parts.map((part) => build(part, then)) });
      case 'repeat':
        return repeat(node, then);
    }
  };
  const repeat = ({ part, least, most }: Extract<Node, { kind: 'repeat' }>, then: number): number => {
    let next = then;
    if (most === Number.POSITIVE_INFINITY) {
      const again: number[] = [then];
      next = add({ next: again });
      again.push(build(part, next));
    } else {
      for (let optional = most - least; optional > 0; optional--) next = add({ next: [then, build(part, next)] });
    }
    for (let required = least; required > 0; required--) next = build(part, next);
    return next;
  };
  return { start: build(pattern, 0), states };
}

/** All states at once, one character after the other. */
function runs({ states, start }: ReturnType<typeof compile>, text: string, { hostLast, end }: Authority): boolean {
  let steps = 0;
  const reach = (from: readonly number[]): Set<number> => {
    const reached = new Set<number>();
    const open = [...from];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (++steps > maxSteps) throw new UnknownPattern();
      if (reached.has(index)) continue;
      reached.add(index);
      const state = states[index];
      if (state && !('test' in state)) open.push(...state.next);
    }
    return reached;
  };
  let current = reach([start]);
  for (let at = 0; at < text.length && current.size > 0; at++) {
    const next: number[] = [];
    for (const index of current) {
      const state = states[index];
      if (!state || !('test' in state) || !state.test(text[at] ?? '')) continue;
      if (at === end && !state.isLiteral) continue;
      // What could be a dot could be another host's as well.
      if (at === hostLast && !state.isLiteral && state.test('.')) continue;
      next.push(state.next);
    }
    current = reach(next);
  }
  return current.has(0);
}
