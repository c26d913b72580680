import type { CompiledResource } from './compiled-catalog.js';
import { matchesSegment, parseSegment, type SegmentPattern } from './segment-pattern.js';

type Verbs = Map<string, CompiledResource>;

interface Node {
  readonly literals: Map<string, Node>;
  /** Most literal text first, a bare variable last. */
  readonly patterns: { readonly pattern: SegmentPattern; readonly node: Node }[];
  /** Resources that end here. */
  exact: Verbs | undefined;
  /** `/*` or `/{+rest}` from here on. */
  wildcard: Verbs | undefined;
}

/**
 * The resources of one API. For each segment a literal goes before a template and a template before `/*`; among the
 * targets that match a path, the first that has the verb is taken. A trailing slash does not count. A walk visits
 * each node at most once, so a hostile path costs no more than the API is large.
 */
export class ResourceTrie {
  readonly #root = newNode();

  /** False when the same target and verb are already there. */
  add(resource: CompiledResource): boolean {
    const { segments, isWildcard } = splitTarget(resource.target);
    let node = this.#root;
    for (const segment of segments) node = childFor(node, segment);
    const slot = isWildcard ? 'wildcard' : 'exact';
    node[slot] ??= new Map();
    if (node[slot].has(resource.verb)) return false;
    node[slot].set(resource.verb, resource);
    return true;
  }

  /**
   * The resource a call means. `segments` from index `from` on is the path behind the context, decoded. A HEAD that
   * is not declared beside a GET means that GET (RFC 9110 section 9.3.2).
   */
  find(segments: readonly string[], from: number, verb: string): CompiledResource | undefined {
    return search(this.#root, segments, from, verb);
  }

  /** Declared verbs of everything the path matches; empty when it matches nothing. */
  verbsAt(segments: readonly string[], from: number): readonly string[] {
    const found = new Set<string>();
    collect(this.#root, segments, from, found);
    return [...found].sort();
  }
}

/** Depth first, most particular first; stops at the first target that has the verb. */
function search(node: Node, segments: readonly string[], index: number, verb: string): CompiledResource | undefined {
  const segment = segments[index];
  if (segment === undefined) {
    const exact = node.exact && pick(node.exact, verb);
    if (exact !== undefined) return exact;
  } else {
    const literal = node.literals.get(segment);
    const found = literal && search(literal, segments, index + 1, verb);
    if (found !== undefined) return found;
    for (const { pattern, node: child } of node.patterns) {
      if (!matchesSegment(pattern, segment)) continue;
      const templated = search(child, segments, index + 1, verb);
      if (templated !== undefined) return templated;
    }
  }
  return node.wildcard && pick(node.wildcard, verb);
}

function pick(verbs: Verbs, verb: string): CompiledResource | undefined {
  return verbs.get(verb) ?? (verb === 'HEAD' ? verbs.get('GET') : undefined);
}

/** The same walk without an end: every target that matches. */
function collect(node: Node, segments: readonly string[], index: number, found: Set<string>): void {
  const segment = segments[index];
  if (segment === undefined) {
    for (const verb of node.exact?.keys() ?? []) found.add(verb);
  } else {
    const literal = node.literals.get(segment);
    if (literal !== undefined) collect(literal, segments, index + 1, found);
    for (const { pattern, node: child } of node.patterns) {
      if (matchesSegment(pattern, segment)) collect(child, segments, index + 1, found);
    }
  }
  for (const verb of node.wildcard?.keys() ?? []) found.add(verb);
}

/** A query template (`/search?q={+value}`) says nothing about the path; the query is passed through as it is. */
function splitTarget(target: string): { segments: string[]; isWildcard: boolean } {
  const path = target.split('?', 1)[0] as string;
  const segments = path.split('/').filter((segment) => segment !== '');
  const last = segments[segments.length - 1];
  const isWildcard = last === '*' || /^\{\+[^{}]*\}$/.test(last ?? '');
  return { segments: isWildcard ? segments.slice(0, -1) : segments, isWildcard };
}

function childFor(node: Node, segment: string): Node {
  const pattern = parseSegment(segment);
  if (pattern === undefined) {
    const text = decoded(segment);
    let child = node.literals.get(text);
    if (child === undefined) {
      child = newNode();
      node.literals.set(text, child);
    }
    return child;
  }
  const known = node.patterns.find((other) => other.pattern.key === pattern.key);
  if (known !== undefined) return known.node;
  const child = newNode();
  node.patterns.push({ pattern, node: child });
  node.patterns.sort((a, b) => b.pattern.key.length - a.pattern.key.length);
  return child;
}

/** Requests are compared in decoded spelling, so declared targets are too. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function newNode(): Node {
  return { literals: new Map(), patterns: [], exact: undefined, wildcard: undefined };
}
