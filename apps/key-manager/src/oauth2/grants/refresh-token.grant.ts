import { z } from 'zod';
import { InvalidGrant, InvalidScope } from '../errors.js';
import type { Grant, GrantPorts } from '../grant.js';
import { isExpired } from '../lifetimes.js';
import type { Client, RefreshTokenRecord } from '../model.js';
import { vschars } from '../parameters.js';
import { burstMillis, maxReplays, repeatableRotation } from '../refresh-rotation.js';
import { parseScope } from '../scope.js';
import { isSameConfirmation } from '../sender-constraint.js';
import { assertMayUse } from '../tenancy.js';
import { maxTokenLength, tokenHash } from '../token-hash.js';

const parameters = z.object({ refresh_token: vschars(maxTokenLength), scope: z.string().optional() });

/** A refresh token for the next pair. RFC 6749 §6, with rotation and reuse detection of RFC 9700 §4.14.2. */
export function refreshTokenGrant(ports: GrantPorts): Grant<z.output<typeof parameters>> {
  const { tokens, resourceOwners, scopes, clock, audit, settings } = ports;

  return {
    grantType: 'refresh_token',
    parameters,
    // Nothing before the state check may change state, or an outsider with an old token could end a family.
    async authorize({ refresh_token: value, scope }, client, { clientAddress, confirmation }) {
      const arrivedAt = clock.now();
      const hash = tokenHash(value);
      const record = hash && (await tokens.findRefreshToken(hash));
      if (!record) throw invalid();
      if (record.grant.clientId !== client.clientId) {
        await audit.record(eventOf('refresh_token.wrong_client', record, client, clientAddress));
        throw invalid();
      }
      const now = clock.now();
      if (isExpired(record.expiresAt, now) || isExpired(record.grant.expiresAt, now))
        throw new InvalidGrant('Refresh token is expired.');
      // A stolen refresh token is of no use without the key or certificate it is bound to (RFC 9449 §5, RFC 8705 §4).
      if (record.confirmation && !isSameConfirmation(record.confirmation, confirmation)) throw invalid();
      const requested = parseScope(scope);
      // Compared with what was granted at first: rotation never narrows it (RFC 6749 §6).
      if (!requested.every((name) => record.scope.includes(name))) {
        throw new InvalidScope('The scope exceeds what was granted.');
      }
      await assertUnused(record, client, { arrivedAt, clientAddress });

      const subject = record.grant.subject ?? client.owner;
      // However old this is, nothing that was lost comes back: the scopes of the family were held under its epoch, and the
      // rotation fails once that has moved on.
      const owner = await resourceOwners.find(subject);
      if (!owner) throw invalid();
      assertMayUse(client, owner.tenantDomain);
      return {
        subject: record.grant.subject,
        tenantDomain: record.grant.tenantDomain,
        kind: record.grant.kind,
        scope: await scopes.recheck(requested.length > 0 ? requested : record.scope, {
          tenantDomain: owner.tenantDomain,
          roles: async () => owner.roles,
        }),
        refreshable: true,
        details: record.grant.details,
        rotates: { value, record },
      };
    },
  };

  /** Passes an ACTIVE token and one whose successor may be handed out again; anything else used twice ends the family. */
  async function assertUnused(
    record: RefreshTokenRecord,
    client: Client,
    { arrivedAt, clientAddress }: { arrivedAt: number; clientAddress: string },
  ): Promise<void> {
    if (record.state === 'ACTIVE') return;
    if (record.state === 'REVOKED') throw invalid();
    const rotation = repeatableRotation(record, client, settings, clock.now());
    // It came before the rotation and only read the row after it: a race between requests, not a replay to be counted.
    if (rotation && arrivedAt < rotation.rotatedAt) return;
    if (rotation && (await tokens.countReplay(record.hash, maxReplays))) return;
    // Many tabs refreshing at once are more than the limit, yet no theft: they are refused without ending the family.
    if (rotation && clock.now() - rotation.rotatedAt < burstMillis) throw invalid();
    const reused = eventOf('refresh_token.reused', record, client, clientAddress);
    await tokens.revokeBy({ kind: 'grant', grantId: record.grant.id }, clock.now(), reused);
    throw invalid();
  }
}

function eventOf(action: string, record: RefreshTokenRecord, client: Client, clientAddress: string) {
  return {
    tenantDomain: record.grant.tenantDomain,
    actor: client.clientId,
    action,
    target: record.grant.id,
    clientAddress,
    detail: { generation: record.generation },
  };
}

/** One neutral text: it doesn't tell a thief whether the token was unknown, another client's, or used before. */
function invalid(): InvalidGrant {
  return new InvalidGrant('The refresh token is invalid.');
}
