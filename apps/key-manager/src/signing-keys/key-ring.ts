import { createPrivateKey } from 'node:crypto';
import type { Logger } from '@keygate/common/logging';
import type { SecretBox } from '../apis/secret-box.js';
import { isSigningAlgorithm, type SigningAlgorithm, type SigningPair, signCompact } from '../oauth2/signing/jws.js';
import type { JwtToSign, TokenSigner } from '../oauth2/signing/token-signer.js';
import { StoreUnavailable } from '../storage/errors.js';
import type { SigningKey, SigningKeyStore } from '../storage/ports.js';
import { superTenant } from '../users/user-name.js';

/** A key that can sign, and how long it is known to stay published. */
interface OpenKey extends SigningPair {
  coveredUntil: number;
  covering: Promise<boolean> | undefined;
}

/** Raised by more than is needed, so that it is written once an hour and not for every token. */
const coverMillis = 3_600_000;

export interface KeyRingDeps {
  readonly store: SigningKeyStore;
  readonly box: SecretBox;
  readonly logger: Logger;
  /** What signs when a caller names no algorithm. */
  readonly algorithm: SigningAlgorithm;
}

/** The signing keys as this process last read them: what is published, and what signs. */
export class KeyRing implements TokenSigner {
  #published: readonly SigningKey[] = [];
  readonly #active = new Map<string, OpenKey>();
  readonly #opened = new Map<string, OpenKey>();
  #reading: Promise<void> = Promise.resolve();
  #isQueued = false;

  constructor(private readonly deps: KeyRingDeps) {}

  /** Pending, active and retiring ones, oldest first. */
  get published(): readonly SigningKey[] {
    return this.#published;
  }

  /** The key set that resource servers fetch (RFC 7517 §5). */
  get jwks(): { readonly keys: readonly Readonly<Record<string, unknown>>[] } {
    return { keys: this.#published.map(({ publicJwk }) => publicJwk) };
  }

  /** Reads the keys as of now. Whoever calls while a read waits to begin shares it. */
  refresh(): Promise<void> {
    if (this.#isQueued) return this.#reading;
    this.#isQueued = true;
    const read = async () => {
      this.#isQueued = false;
      this.#take(await this.deps.store.listSigningKeys(superTenant));
    };
    this.#reading = this.#reading.then(read, read);
    return this.#reading;
  }

  async sign({ typ, alg = this.deps.algorithm, claims, expiresAt }: JwtToSign): Promise<string> {
    for (let attempt = 1; attempt <= 2; attempt++) {
      const key = this.#active.get(alg);
      // Committed before the token exists: nobody removes a public key that a live token needs.
      if (key && (key.coveredUntil >= expiresAt || (await this.#cover(key, expiresAt)))) {
        return signCompact(key, typ, claims);
      }
      await this.refresh();
    }
    throw new StoreUnavailable(`there is no active ${alg} key`);
  }

  async #cover(key: OpenKey, expiresAt: number): Promise<boolean> {
    while (key.coveredUntil < expiresAt) {
      key.covering ??= this.#extend(key, expiresAt + coverMillis).finally(() => {
        key.covering = undefined;
      });
      if (!(await key.covering)) return false;
    }
    return true;
  }

  async #extend(key: OpenKey, until: number): Promise<boolean> {
    if (!(await this.deps.store.extendSigningKey(key.kid, until))) return false;
    key.coveredUntil = Math.max(key.coveredUntil, until);
    return true;
  }

  #take(keys: readonly SigningKey[]): void {
    const before = this.#published;
    this.#published = keys;
    this.#active.clear();
    for (const key of keys) {
      const open = key.state === 'active' ? this.#open(key) : undefined;
      if (open) this.#active.set(key.alg, open);
    }
    const alive = new Set(keys.map(({ kid }) => kid));
    for (const kid of this.#opened.keys()) if (!alive.has(kid)) this.#opened.delete(kid);
    this.#report(before, keys);
  }

  #open(key: SigningKey): OpenKey | undefined {
    const { kid, alg, encryptedPrivateKey, lastExpiresAt = 0 } = key;
    if (!isSigningAlgorithm(alg)) return undefined;
    const known = this.#opened.get(kid);
    if (known) {
      known.coveredUntil = Math.max(known.coveredUntil, lastExpiresAt);
      return known;
    }
    const pem = this.deps.box.open(encryptedPrivateKey.toString('utf8'), kid);
    const open = { kid, alg, privateKey: createPrivateKey(pem), coveredUntil: lastExpiresAt, covering: undefined };
    this.#opened.set(kid, open);
    return open;
  }

  #report(before: readonly SigningKey[], after: readonly SigningKey[]): void {
    const states = new Map(before.map(({ kid, state }) => [kid, state]));
    for (const { kid, alg, state } of after) {
      if (before.length > 0 && states.get(kid) !== state) this.deps.logger.info({ kid, alg, state }, 'signing key');
    }
  }
}
