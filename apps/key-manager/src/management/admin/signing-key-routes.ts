import { z } from 'zod';
import { signingAlgorithms } from '../../oauth2/signing/jws.js';
import { Refusal } from '../../refusal.js';
import { type RotationDeps, rotateSigningKeys } from '../../signing-keys/rotation.js';
import type { SigningKey } from '../../storage/ports.js';
import { superTenant } from '../../users/user-name.js';
import { type Caller, token } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';

const time = z.iso.datetime();
const shownKey = z.looseObject({
  kid: z.string(),
  algorithm: z.enum(signingAlgorithms),
  state: z.enum(['pending', 'active', 'retiring']),
  createdAt: time,
});
const answer = z.looseObject({ count: z.int(), list: z.array(shownKey) });
const rotation = z
  .object({
    algorithm: z.enum(signingAlgorithms).optional().describe('Left out: all of them.'),
    now: z
      .boolean()
      .default(false)
      .describe('Sign with the new key in seconds, for a key that may be known to others.'),
  })
  .default({ now: false });

/** Keys that tokens are signed with: one set for all tenants, so they are the super tenant's to rotate. */
export function signingKeyRoutes(ports: { readonly rotation: RotationDeps }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/signing-keys',
      summary: 'Keys that are published, with their states.',
      access: token('admin'),
      answer,
      async handle(caller) {
        assertOperator(caller);
        return listOf(await ports.rotation.store.listSigningKeys(superTenant));
      },
    }),
    route({
      method: 'POST',
      path: '/signing-keys/rotate',
      summary: 'Make successors of the keys that sign, or hasten those that are pending.',
      access: token('admin'),
      body: rotation,
      status: 202,
      answer,
      // It knows which keys it made.
      audit: 'by handler',
      async handle(caller, { body: { algorithm, now } }) {
        assertOperator(caller);
        const { subject: actor, clientAddress } = caller;
        return listOf(await rotateSigningKeys(ports.rotation, { algorithm, now, actor, clientAddress }));
      },
    }),
  ];
}

function assertOperator({ tenantDomain }: Caller): void {
  if (tenantDomain !== superTenant) throw new Refusal('forbidden', 'Signing keys are those of all tenants');
}

function listOf(keys: readonly SigningKey[]) {
  return { count: keys.length, list: keys.map(shown) };
}

function shown({ kid, alg, state, createdAt, activatesAt, activatedAt, retiredAt, lastExpiresAt }: SigningKey) {
  const text = (millis: number | undefined) => (millis === undefined ? undefined : new Date(millis).toISOString());
  return {
    kid,
    algorithm: alg,
    state,
    createdAt: text(createdAt),
    activatesAt: text(activatesAt),
    activatedAt: text(activatedAt),
    retiredAt: text(retiredAt),
    neededUntil: text(lastExpiresAt),
  };
}
