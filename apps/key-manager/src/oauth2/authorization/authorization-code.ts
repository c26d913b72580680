import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Authentication } from '../model.js';
import type { Clock, CodeStore, TokenValues } from '../ports.js';
import type { OAuth2Settings } from '../settings.js';
import { sha256 } from '../token-hash.js';
import type { AuthorizationRequest } from './authorization-request.js';
import type { LoginSession } from './login-session.js';

/** What a code stands for; it is kept under the code's hash and is no secret. */
const codeBody = z.object({
  redirectUri: z.string(),
  challenge: z.object({ method: z.enum(['S256', 'plain']), challenge: z.string() }).optional(),
  subject: z.string(),
  subjectTenant: z.string(),
  subjectEpoch: z.number(),
  scope: z.array(z.string()),
  authentication: z
    .object({
      authTime: z.number(),
      nonce: z.string().optional(),
      amr: z.array(z.string()).optional(),
      sessionId: z.string().optional(),
    })
    .optional(),
  dpopJkt: z.string().optional(),
});
export type CodeBody = z.output<typeof codeBody>;

export const readCodeBody = (body: unknown): CodeBody => codeBody.parse(body);

export interface CodeDeps {
  readonly codes: CodeStore;
  readonly values: TokenValues;
  readonly clock: Clock;
  readonly settings: Pick<OAuth2Settings, 'authorization'>;
}

/**
 * A code of 256 random bits for what the user allowed (RFC 6749 §4.1.2). The grant it will make is chosen now, so that a
 * code that is presented twice can end what it made the first time.
 */
export async function makeCode(
  { codes, values, clock, settings }: CodeDeps,
  request: AuthorizationRequest,
  session: LoginSession,
  scope: readonly string[],
): Promise<string> {
  const code = values.random() + values.random();
  const body: CodeBody = {
    redirectUri: request.redirectUri,
    challenge: request.codeChallenge,
    subject: session.subject,
    subjectTenant: session.tenantDomain,
    subjectEpoch: session.subjectEpoch,
    scope: [...scope],
    authentication: scope.includes('openid') ? authenticationOf(request, session) : undefined,
    dpopJkt: request.dpopJkt,
  };
  await codes.saveCode({
    kind: 'authorization_code',
    hash: sha256(code),
    clientId: request.client.clientId,
    tenantDomain: session.tenantDomain,
    grantId: randomUUID(),
    // As JSON has it: what is undefined is not there.
    body: JSON.parse(JSON.stringify(body)),
    expiresAt: clock.now() + settings.authorization.codeSeconds * 1_000,
  });
  return code;
}

/** What an id token says about the login (OpenID Connect Core §2). */
export function authenticationOf({ nonce }: AuthorizationRequest, { authTime, id }: LoginSession) {
  return { authTime, nonce, amr: ['pwd'], sessionId: id } satisfies Authentication;
}
