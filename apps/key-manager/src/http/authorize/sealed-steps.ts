import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Parameter } from '../../oauth2/parameters.js';
import { subkey } from '../../oauth2/subkey.js';

/** Where a user stands between the first request and the answer to the client. */
export interface Step {
  readonly phase: 'login' | 'authenticated' | 'consent' | 'logout';
  /** Of the request that all this is about. */
  readonly parameters: readonly Parameter[];
  readonly wasPushed: boolean;
  /** The login it belongs to, by its `sid`. */
  readonly sessionId?: string | undefined;
  /** What the consent page shows: no more than that is granted. */
  readonly scope?: readonly string[] | undefined;
  /** Typed in before, so that a wrong password doesn't cost the name as well. */
  readonly username?: string | undefined;
}

/**
 * Steps as their browsers keep them: AES-256-GCM, bound to the id that goes through the address line. The server
 * remembers nothing, so a million requests that nobody follows up cost neither memory nor rows.
 */
export interface SealedSteps {
  newId(): string;
  /** Undefined when it would not fit into a cookie. */
  seal(id: string, step: Step): string | undefined;
  /** Undefined for what was not sealed here under this id, was changed, or is too old. */
  open(id: string, sealed: string): Step | undefined;
}

/** How long a user may take for one page. */
export const stepSeconds = 600;
/** Browsers take 4,096 bytes with the name and the attributes. */
const maxSealedLength = 3_900;
const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const base64url = /^[A-Za-z0-9_-]+$/;

export function createSealedSteps(serverKey: Buffer, now: () => number): SealedSteps {
  const key = subkey(serverKey, 'authorization-step');
  const context = (id: string) => Buffer.from(`step:${id}`, 'utf8');
  return {
    newId: randomUUID,
    seal(id, step) {
      const iv = randomBytes(ivBytes);
      const sealing = createCipheriv(cipher, key, iv, { authTagLength: tagBytes }).setAAD(context(id));
      const text = JSON.stringify(toWire(step, now() + stepSeconds * 1_000));
      const bytes = Buffer.concat([iv, sealing.update(text, 'utf8'), sealing.final(), sealing.getAuthTag()]);
      const sealed = bytes.toString('base64url');
      return sealed.length > maxSealedLength ? undefined : sealed;
    },
    open(id, sealed) {
      if (!uuid.test(id) || sealed.length > maxSealedLength || !base64url.test(sealed)) return undefined;
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < ivBytes + tagBytes) return undefined;
      const opening = createDecipheriv(cipher, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
        .setAAD(context(id))
        .setAuthTag(bytes.subarray(-tagBytes));
      let text: string;
      try {
        const opened = opening.update(bytes.subarray(ivBytes, -tagBytes));
        text = Buffer.concat([opened, opening.final()]).toString('utf8');
      } catch {
        return undefined;
      }
      // Sealed by us, but perhaps by another version of us.
      const { data: wire } = wireStep.safeParse(JSON.parse(text));
      return wire && wire.x > now() ? toStep(wire) : undefined;
    },
  };
}

/** Short names: it all has to fit into a cookie. */
const wireStep = z.object({
  p: z.enum(['login', 'authenticated', 'consent', 'logout']),
  x: z.number(),
  r: z.array(z.tuple([z.string(), z.string()])),
  w: z.boolean().optional(),
  i: z.string().optional(),
  s: z.string().optional(),
  u: z.string().optional(),
});

function toWire(step: Step, expiresAt: number): z.output<typeof wireStep> {
  return {
    p: step.phase,
    x: expiresAt,
    r: step.parameters.map(({ name, value }) => [name, value]),
    w: step.wasPushed || undefined,
    i: step.sessionId,
    s: step.scope?.join(' '),
    u: step.username,
  };
}

function toStep({ p, r, w, i, s, u }: z.output<typeof wireStep>): Step {
  return {
    phase: p,
    parameters: r.map(([name, value]) => ({ name, value })),
    wasPushed: w === true,
    sessionId: i,
    scope: s?.split(' '),
    username: u,
  };
}
