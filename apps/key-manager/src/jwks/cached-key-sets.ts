import { LRUCache } from 'lru-cache';
import { type KeySet, type KeySets, parseKeySet } from '../oauth2/assertions/key-set.js';
import { TemporarilyUnavailable } from '../oauth2/errors.js';
import type { Clock } from '../oauth2/ports.js';
import type { FetchDocument } from './fetch-document.js';

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

interface Entry {
  set?: KeySet | undefined;
  fetchedAt: number;
  /** Not asked before then. */
  pausedUntil: number;
  fetching?: Promise<void> | undefined;
}

/**
 * Key sets by URL: fetched when needed, kept for a while, fetched again when a signature matches none of the keys (the
 * publisher rotated) but at most every few seconds, so that forged tokens cannot make us flood a publisher.
 */
export class CachedKeySets implements KeySets {
  readonly #entries: LRUCache<string, Entry>;
  #inFlight = 0;

  constructor(
    private readonly fetchDocument: FetchDocument,
    private readonly clock: Clock,
    private readonly reportFailure: (uri: string, cause: unknown) => void,
    private readonly settings: KeySetSettings = defaultKeySetSettings,
  ) {
    this.#entries = new LRUCache({ max: settings.maxSets });
  }

  async keySetAt(uri: string): Promise<KeySet> {
    const entry = this.#entryOf(uri);
    if (!entry.set || this.#age(entry) >= this.settings.freshMillis) await this.#refresh(uri, entry);
    if (!entry.set || this.#age(entry) >= this.settings.staleMillis) throw new TemporarilyUnavailable();
    return entry.set;
  }

  async newerThan(known: KeySet, uri: string): Promise<KeySet | undefined> {
    const entry = this.#entryOf(uri);
    if (entry.set === known && (await this.#refresh(uri, entry))) this.#pause(entry);
    return entry.set === known ? undefined : entry.set;
  }

  #entryOf(uri: string): Entry {
    const known = this.#entries.get(uri);
    if (known) return known;
    const entry: Entry = { fetchedAt: 0, pausedUntil: 0 };
    this.#entries.set(uri, entry);
    return entry;
  }

  #age({ fetchedAt }: Entry): number {
    return this.clock.now() - fetchedAt;
  }

  /** One fetch for all who wait; false when it may not be made now. Never throws: what is there, stays. */
  async #refresh(uri: string, entry: Entry): Promise<boolean> {
    if (!entry.fetching) {
      if (this.clock.now() < entry.pausedUntil || this.#inFlight >= this.settings.maxInFlight) return false;
      entry.fetching = this.#fetch(uri, entry);
    }
    await entry.fetching;
    return true;
  }

  #pause(entry: Entry): void {
    entry.pausedUntil = this.clock.now() + this.settings.pauseMillis;
  }

  async #fetch(uri: string, entry: Entry): Promise<void> {
    this.#inFlight++;
    try {
      const set = parseKeySet(await this.fetchDocument(uri));
      if (!set) throw new Error('the document is no key set');
      entry.set = set;
      entry.fetchedAt = this.clock.now();
    } catch (cause) {
      this.#pause(entry);
      this.reportFailure(uri, cause);
    } finally {
      this.#inFlight--;
      entry.fetching = undefined;
    }
  }
}
