import { z } from 'zod';
import { type CodeBody, readCodeBody } from '../authorization/authorization-code.js';
import { isVerified } from '../authorization/pkce.js';
import { InvalidGrant } from '../errors.js';
import type { Grant, GrantPorts, GrantRequest } from '../grant.js';
import { isExpired } from '../lifetimes.js';
import type { Client, CodeRecord } from '../model.js';
import { vschars } from '../parameters.js';
import { ownerAt, standingOf } from '../standing.js';
import { assertMayUse } from '../tenancy.js';
import { tokenHash } from '../token-hash.js';

const parameters = z.object({
  code: vschars(512),
  // Required here because it is required in the authorization request (RFC 6749 §4.1.3).
  redirect_uri: vschars(2_048),
  code_verifier: vschars(256).optional(),
});

/** A code from the authorization endpoint for tokens. RFC 6749 §4.1.3, with RFC 7636 §4.6. */
export function authorizationCodeGrant(ports: GrantPorts): Grant<z.output<typeof parameters>> {
  const { codes, tokens, resourceOwners, scopes, clock, audit } = ports;

  return {
    grantType: 'authorization_code',
    parameters,
    // Nothing before the check for a replay may change state: a stolen code alone must not burn or revoke anything.
    async authorize({ code, redirect_uri: redirectUri, code_verifier: verifier }, client, request) {
      const hash = tokenHash(code);
      const record = hash && (await codes.findCode('authorization_code', hash));
      if (!record?.grantId) throw invalid();
      if (record.clientId !== client.clientId) {
        await audit.record(eventOf('authorization_code.wrong_client', record, client, request));
        throw invalid();
      }
      const body = readCodeBody(record.body);
      if (body.redirectUri !== redirectUri || !isVerified(body.challenge, verifier)) throw invalid();
      if (body.dpopJkt !== undefined && !isHolder(body, request)) throw invalid();
      if (record.redeemedAt !== undefined) await endWhatItMade(record, client, request);
      if (isExpired(record.expiresAt, clock.now())) throw invalid();

      // A code is as good as the login behind it: another password, a lock, a lost role end both.
      const owner = await ownerAt(resourceOwners, { subject: body.subject, epoch: body.subjectEpoch });
      if (!owner) throw invalid();
      assertMayUse(client, owner.tenantDomain);
      return {
        subject: body.subject,
        tenantDomain: body.subjectTenant,
        kind: 'APPLICATION_USER',
        scope: await scopes.recheck(body.scope, { tenantDomain: owner.tenantDomain, roles: async () => owner.roles }),
        restsOn: standingOf(owner),
        refreshable: true,
        redeems: { kind: 'authorization_code', hash: record.hash, grantId: record.grantId },
        details: body.authentication && { authentication: body.authentication },
      };
    },
  };

  /** RFC 6749 §4.1.2: used twice, one of the two stole it, and nobody can tell which. */
  async function endWhatItMade(record: CodeRecord, client: Client, request: GrantRequest): Promise<never> {
    const grantId = record.grantId ?? '';
    const isFirstToRevoke = await tokens.revokeBy({ kind: 'grant', grantId }, clock.now());
    if (isFirstToRevoke) await audit.record(eventOf('authorization_code.replayed', record, client, request));
    throw invalid();
  }
}

/** RFC 9449 §10. */
const isHolder = ({ dpopJkt }: CodeBody, { confirmation }: GrantRequest) =>
  confirmation?.method === 'jkt' && confirmation.thumbprint === dpopJkt;

function eventOf(action: string, record: CodeRecord, client: Client, { clientAddress }: GrantRequest) {
  return {
    tenantDomain: record.tenantDomain,
    actor: client.clientId,
    action,
    target: record.grantId ?? record.clientId,
    clientAddress,
  };
}

/** One neutral text: it doesn't tell a thief which of the checks failed. */
function invalid(): InvalidGrant {
  return new InvalidGrant('The code is invalid.');
}
