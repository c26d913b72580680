import { headerValues } from '../header-lines.js';

/** An answer that is kept, as the backend gave it. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** Milliseconds since the epoch: when it came from the backend, less the age it had then. */
  readonly bornAt: number;
  readonly expiresAt: number;
  /** Lower-case name of a request header and its value when this answer was asked for. */
  readonly variedBy: readonly (readonly [name: string, value: string])[];
  /** Undefined: for everybody. */
  readonly principal: string | undefined;
  readonly site: string;
}

/** Who asks, and where. */
export interface Asker {
  readonly principal: string;
  /** Scheme and host as the client named them: backends hear of both, and write them into links. */
  readonly site: string;
}

/** What an answer is found by, and who it is for unless it says that it is for all. */
export interface KeepsAs extends Asker {
  readonly key: string;
}

export interface CacheSettings {
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
  readonly now: () => number;
}

/** What one target may have: for each principal, each language, … */
const maxVariants = 50;

/** Answers in memory, those used least lately dropped first. */
export class ResponseCache {
  readonly #variants = new Map<string, KeptAnswer[]>();
  #bytes = 0;

  constructor(readonly settings: CacheSettings) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** The answer for this target that fits who asks and how; undefined when there is none that is fresh. */
  find(key: string, rawHeaders: readonly string[], asker: Asker): KeptAnswer | undefined {
    const variants = this.#variants.get(key);
    if (variants === undefined) return undefined;
    const now = this.settings.now();
    const found = variants.find((kept) => fits(kept, rawHeaders, asker) && kept.expiresAt > now);
    if (found === undefined) return undefined;
    // Moved to the end: what stands first was used least lately.
    this.#variants.delete(key);
    this.#variants.set(key, variants);
    return found;
  }

  keep(key: string, answer: KeptAnswer): void {
    const size = sizeOf(key, answer);
    if (size > this.settings.maxEntryBytes) return;
    const now = this.settings.now();
    const known = this.#variants.get(key) ?? [];
    const others = known.filter((kept) => !isSameVariant(kept, answer) && kept.expiresAt > now).slice(1 - maxVariants);
    this.drop(key);
    const variants = [...others, answer];
    this.#variants.set(key, variants);
    for (const variant of variants) this.#bytes += sizeOf(key, variant);
    this.#makeRoom();
  }

  drop(key: string): void {
    for (const kept of this.#variants.get(key) ?? []) this.#bytes -= sizeOf(key, kept);
    this.#variants.delete(key);
  }

  #makeRoom(): void {
    for (const key of this.#variants.keys()) {
      if (this.#bytes <= this.settings.maxBytes) return;
      this.drop(key);
    }
  }
}

/** The values of a header as one text, for comparison. */
export function variedValue(rawHeaders: readonly string[], name: string): string {
  return headerValues(rawHeaders, name).join(', ');
}

function fits(kept: KeptAnswer, rawHeaders: readonly string[], { principal, site }: Asker): boolean {
  if (kept.site !== site) return false;
  if (kept.principal !== undefined && kept.principal !== principal) return false;
  return kept.variedBy.every(([name, value]) => variedValue(rawHeaders, name) === value);
}

function isSameVariant(one: KeptAnswer, other: KeptAnswer): boolean {
  if (one.principal !== other.principal || one.site !== other.site) return false;
  return JSON.stringify(one.variedBy) === JSON.stringify(other.variedBy);
}

/** Strings count double; what the objects themselves take is an estimate. */
function sizeOf(key: string, { headers, body, variedBy, principal, site }: KeptAnswer): number {
  const texts = [key, principal ?? '', site, ...headers, ...variedBy.flat()];
  return 500 + body.length + texts.reduce((sum, text) => sum + 2 * text.length + 16, 0);
}
