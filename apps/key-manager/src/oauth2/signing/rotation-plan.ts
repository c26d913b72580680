import { type SigningAlgorithm, signingAlgorithms } from './jws.js';

/** What rotation is decided on; times are milliseconds since the epoch. */
export interface KeyFacts {
  readonly kid: string;
  readonly alg: string;
  readonly state: 'pending' | 'active' | 'retiring' | 'removed';
  /** When a pending key begins to sign. */
  readonly activatesAt?: number | undefined;
  readonly activatedAt?: number | undefined;
  readonly retiredAt?: number | undefined;
  /** When the last token signed with it is dead. */
  readonly lastExpiresAt?: number | undefined;
}

export interface RotationSettings {
  /** How long a key signs; 0 never rotates by itself. */
  readonly rotationSeconds: number;
  /** How long a resource server may keep the key set. */
  readonly maxAgeSeconds: number;
}

export type KeyStep =
  | { readonly does: 'create'; readonly alg: SigningAlgorithm; readonly activatesAt: number | undefined }
  | { readonly does: 'activate'; readonly kid: string }
  | { readonly does: 'remove'; readonly kid: string };

/** In this time a key that was committed has reached every key manager and gateway. */
export const propagationMillis = 2_000;

/** Clocks of resource servers may be behind by this much: until then they still accept what has expired. */
export const skewMillis = 120_000;

/** A key that is published now signs from then on: whoever keeps the key set as long as allowed has it by then. */
export const signsFrom = (now: number, { maxAgeSeconds }: RotationSettings): number =>
  now + maxAgeSeconds * 1_000 + propagationMillis;

/**
 * What is due. Every key manager decides for itself and the database lets one of them do it: pending → active →
 * retiring → removed, with one active key per algorithm at any moment.
 */
export function dueSteps(keys: readonly KeyFacts[], now: number, settings: RotationSettings): KeyStep[] {
  const steps: KeyStep[] = [];
  for (const alg of signingAlgorithms) {
    const own = keys.filter((key) => key.alg === alg);
    const active = own.find(({ state }) => state === 'active');
    const pending = own.find(({ state }) => state === 'pending');
    if (pending && (!active || (pending.activatesAt ?? 0) <= now)) steps.push({ does: 'activate', kid: pending.kid });
    else if (!active) steps.push({ does: 'create', alg, activatesAt: undefined });
    else if (!pending && isWorn(active, now, settings)) {
      steps.push({ does: 'create', alg, activatesAt: signsFrom(now, settings) });
    }
  }
  const dead = keys.filter((key) => key.state === 'retiring' && publishedUntil(key) <= now);
  return [...steps, ...dead.map(({ kid }) => ({ does: 'remove', kid }) as const)];
}

function isWorn({ activatedAt = 0 }: KeyFacts, now: number, { rotationSeconds, maxAgeSeconds }: RotationSettings) {
  // Early by the time that its successor is published before it signs.
  return rotationSeconds > 0 && activatedAt + (rotationSeconds - maxAgeSeconds) * 1_000 - propagationMillis <= now;
}

function publishedUntil({ retiredAt = 0, lastExpiresAt = 0 }: KeyFacts): number {
  return Math.max(retiredAt, lastExpiresAt) + skewMillis;
}
