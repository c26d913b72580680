import type { Logger } from '@keygate/common/logging';
import type { SecretBox } from '../apis/secret-box.js';
import type { AuditLog, Clock } from '../oauth2/ports.js';
import { newSigningPair, type SigningAlgorithm, signingAlgorithms } from '../oauth2/signing/jws.js';
import {
  dueSteps,
  type KeyStep,
  propagationMillis,
  type RotationSettings,
  signsFrom,
} from '../oauth2/signing/rotation-plan.js';
import { AlreadyExists } from '../storage/errors.js';
import type { SigningKey, SigningKeyStore } from '../storage/ports.js';
import { superTenant } from '../users/user-name.js';

export interface RotationDeps {
  readonly store: SigningKeyStore;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly settings: RotationSettings;
}

export interface RotationRequest {
  /** All of them when left out. */
  readonly algorithm?: SigningAlgorithm | undefined;
  /**
   * Signs as soon as every key manager and gateway can have the key, without waiting for key sets that others have
   * fetched: for a key that may be known to somebody else.
   */
  readonly now: boolean;
  /** Who asked, for the audit log. */
  readonly actor: string;
  readonly clientAddress?: string | undefined;
}

/** Makes a successor of the active key, or hastens the one that is pending already; answers what is pending. */
export async function rotateSigningKeys(deps: RotationDeps, request: RotationRequest): Promise<SigningKey[]> {
  const { store, clock, settings, audit } = deps;
  const algorithms = request.algorithm === undefined ? signingAlgorithms : [request.algorithm];
  const activatesAt = request.now ? clock.now() + propagationMillis : signsFrom(clock.now(), settings);
  for (const alg of algorithms) {
    await unlessExists(addKey(deps, alg, activatesAt));
    const pending = await pendingKey(store, alg);
    if (pending && request.now) await store.hastenSigningKey(pending.kid, activatesAt);
    await audit.record({
      tenantDomain: superTenant,
      actor: request.actor,
      clientAddress: request.clientAddress,
      action: 'signing_key.rotated',
      target: pending?.kid ?? alg,
      detail: { alg, now: request.now },
    });
  }
  const keys = await store.listSigningKeys(superTenant);
  return keys.filter(({ state, alg }) => state === 'pending' && algorithms.some((each) => each === alg));
}

/** Does what is due. Of several key managers that find the same thing due, one does it and the others find it done. */
export async function maintainSigningKeys(deps: RotationDeps): Promise<void> {
  const keys = await deps.store.listSigningKeys(superTenant);
  for (const step of dueSteps(keys, deps.clock.now(), deps.settings)) await take(deps, step);
}

async function take(deps: RotationDeps, step: KeyStep): Promise<void> {
  const { store, clock } = deps;
  if (step.does === 'create') await unlessExists(addKey(deps, step.alg, step.activatesAt));
  else if (step.does === 'activate') await store.activateSigningKey(step.kid, clock.now());
  else await store.removeSigningKey(step.kid);
}

/** Without `activatesAt` the key signs at once: there is none that could be kept until it is known. */
async function addKey(deps: RotationDeps, alg: SigningAlgorithm, activatesAt: number | undefined): Promise<void> {
  const { kid, privateKey, publicJwk } = await newSigningPair(alg);
  const now = deps.clock.now();
  const sealed = deps.box.seal(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, kid);
  await deps.store.addSigningKey({
    kid,
    tenantDomain: superTenant,
    alg,
    publicJwk,
    encryptedPrivateKey: Buffer.from(sealed, 'utf8'),
    createdAt: now,
    ...(activatesAt === undefined ? { state: 'active', activatedAt: now } : { state: 'pending', activatesAt }),
  });
}

async function pendingKey(store: SigningKeyStore, alg: SigningAlgorithm): Promise<SigningKey | undefined> {
  return (await store.listSigningKeys(superTenant)).find((key) => key.alg === alg && key.state === 'pending');
}

async function unlessExists(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
  }
}

/** Looks after the keys in the background: when a change is heard of, when something is due, and every few seconds. */
export class KeyKeeper {
  #timer: NodeJS.Timeout | undefined;
  /** When it goes off. */
  #looksAt = Number.POSITIVE_INFINITY;
  #working: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly deps: RotationDeps,
    private readonly ring: { readonly published: readonly SigningKey[]; refresh(): Promise<void> },
    private readonly logger: Logger,
  ) {}

  /** Resolves once every algorithm has a key that signs. */
  async open(): Promise<void> {
    await this.#look();
    this.#schedule();
  }

  /** Something was committed: it may be a key. */
  poke(): void {
    if (!this.#stopped) void this.ring.refresh().then(() => this.#schedule(), this.#failed);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#working;
  }

  async #look(): Promise<void> {
    await maintainSigningKeys(this.deps);
    await this.ring.refresh();
  }

  /** Sooner if something is due sooner, but never later: many commits must not put the look off. */
  #schedule(): void {
    if (this.#stopped) return;
    const now = this.deps.clock.now();
    const due = this.ring.published.flatMap(({ state, activatesAt }) =>
      state === 'pending' && activatesAt !== undefined ? [Math.max(activatesAt, now + leastMillis)] : [],
    );
    const at = Math.min(now + lookMillis, ...due);
    if (at >= this.#looksAt) return;
    clearTimeout(this.#timer);
    this.#looksAt = at;
    this.#timer = setTimeout(() => {
      this.#looksAt = Number.POSITIVE_INFINITY;
      this.#working = this.#look()
        .catch(this.#failed)
        .then(() => this.#schedule());
    }, at - now);
    this.#timer.unref();
  }

  readonly #failed = (error: unknown) => this.logger.warn({ err: error }, 'signing keys cannot be looked after');
}

const lookMillis = 5_000;
/** Between two looks, whatever is due. */
const leastMillis = 50;
