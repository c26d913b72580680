import type { FetchDocument } from '../documents/index.js';
import { type KeySet, type KeySets, parseKeySet } from './key-set.js';

export interface KeySetSettings {
  /** How long a set is taken as it is. */
  readonly freshMillis: number;
  /** How long a set still serves when its publisher does not answer. */
  readonly staleMillis: number;
  /** After a failure, or after a fetch for a signature that matched no key, a URL is not asked again sooner. */
  readonly pauseMillis: number;
  readonly maxSets: number;
  readonly maxInFlight: number;
}

export const defaultKeySetSettings: KeySetSettings = {
  freshMillis: 300_000,
  staleMillis: 3_600_000,
  pauseMillis: 5_000,
  maxSets: 1_000,
  maxInFlight: 32,
};

export interface KeySetSource {
  readonly fetchDocument: FetchDocument;
  readonly now: () => number;
  readonly reportFailure: (uri: string, cause: unknown) => void;
  /** What is thrown when a set can't be had. */
  readonly unavailable: () => Error;
}

interface Entry {
  set?: KeySet | undefined;
  fetchedAt: number;
  /** Not asked before then. */
  pausedUntil: number;
  fetching?: Promise<void> | undefined;
  hasFailed?: boolean;
}

/**
 * Key sets by URL: fetched when needed, kept for a while, fetched again when a signature matches none of the keys (the
 * publisher rotated) but at most every few seconds, so that forged tokens cannot make us flood a publisher.
 */
export class CachedKeySets implements KeySets {
  readonly #entries = new Map<string, Entry>();
  #inFlight = 0;

  constructor(
    private readonly source: KeySetSource,
    private readonly settings: KeySetSettings = defaultKeySetSettings,
  ) {}

  async keySetAt(uri: string): Promise<KeySet> {
    const entry = this.#entryOf(uri);
    if (!entry.set || this.#age(entry) >= this.settings.freshMillis) await this.#refresh(uri, entry);
    if (!entry.set || this.#age(entry) >= this.settings.staleMillis) throw this.source.unavailable();
    return entry.set;
  }

  async newerThan(known: KeySet, uri: string): Promise<KeySet | undefined> {
    const entry = this.#entryOf(uri);
    if (entry.set === known && (await this.#refresh(uri, entry))) this.#pause(entry);
    return entry.set === known ? undefined : entry.set;
  }

  /** Whether the publisher did not answer when it was last asked. */
  isAway(uri: string): boolean {
    return this.#entries.get(uri)?.hasFailed ?? false;
  }

  #entryOf(uri: string): Entry {
    const entry = this.#entries.get(uri) ?? { fetchedAt: 0, pausedUntil: 0 };
    // Last used, last in the map: what has not been asked for longest goes first.
    this.#entries.delete(uri);
    this.#entries.set(uri, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.settings.maxSets && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }

  #age({ fetchedAt }: Entry): number {
    return this.source.now() - fetchedAt;
  }

  /** One fetch for all who wait; false when it may not be made now. Never throws: what is there, stays. */
  async #refresh(uri: string, entry: Entry): Promise<boolean> {
    if (!entry.fetching) {
      if (this.source.now() < entry.pausedUntil || this.#inFlight >= this.settings.maxInFlight) return false;
      entry.fetching = this.#fetch(uri, entry);
    }
    await entry.fetching;
    return true;
  }

  #pause(entry: Entry): void {
    entry.pausedUntil = this.source.now() + this.settings.pauseMillis;
  }

  async #fetch(uri: string, entry: Entry): Promise<void> {
    this.#inFlight++;
    try {
      const set = parseKeySet(await this.source.fetchDocument(uri));
      if (!set) throw new Error('the document is no key set');
      entry.set = set;
      entry.fetchedAt = this.source.now();
      entry.hasFailed = false;
    } catch (cause) {
      entry.hasFailed = true;
      this.#pause(entry);
      this.source.reportFailure(uri, cause);
    } finally {
      this.#inFlight--;
      entry.fetching = undefined;
    }
  }
}
