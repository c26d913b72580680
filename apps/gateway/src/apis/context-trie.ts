import type { CompiledApi } from './compiled-catalog.js';

/** An API found by the start of a path. */
export interface ContextMatch {
  readonly api: CompiledApi;
  /** How many leading segments of the path are its context. */
  readonly depth: number;
}

interface Node {
  api: CompiledApi | undefined;
  readonly children: Map<string, Node>;
}

/** Finds the API whose context is the longest prefix, by whole segments, of a path. */
export class ContextTrie {
  readonly #root: Node = { api: undefined, children: new Map() };
  #size = 0;

  /** How many contexts there are; a default version has two. */
  get size(): number {
    return this.#size;
  }

  /** False when another API already has this context. */
  add(context: string, api: CompiledApi): boolean {
    let node = this.#root;
    for (const segment of context.split('/')) {
      if (segment === '') continue;
      let child = node.children.get(segment);
      if (child === undefined) {
        child = { api: undefined, children: new Map() };
        node.children.set(segment, child);
      }
      node = child;
    }
    if (node.api !== undefined) return false;
    node.api = api;
    this.#size++;
    return true;
  }

  find(segments: readonly string[]): ContextMatch | undefined {
    let node = this.#root;
    let api = node.api;
    let depth = 0;
    for (let i = 0; i < segments.length; i++) {
      const child = node.children.get(segments[i] as string);
      if (child === undefined) break;
      node = child;
      if (node.api !== undefined) {
        api = node.api;
        depth = i + 1;
      }
    }
    return api === undefined ? undefined : { api, depth };
  }
}
