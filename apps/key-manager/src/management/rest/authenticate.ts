import type { ResourceOwners } from '../../oauth2/ports.js';
import type { Callers } from '../../operations/callers.js';
import type { Access, BearerAuthentication, Caller } from './caller.js';
import { forbidden, unauthenticated } from './problem.js';

export interface Authenticators {
  readonly bearer: BearerAuthentication;
  readonly passwords: Pick<ResourceOwners, 'authenticate'>;
  readonly callers: Pick<Callers, 'during'>;
}

/** Where a request comes from, by its header and by its connection. */
export interface Sender {
  readonly authorization: string | undefined;
  readonly clientAddress: string;
}

const maxCredentialLength = 8_192;

/** Lets a request in, before its body is read, or throws what it is refused with. */
export function authenticate(
  access: Access,
  { authorization, clientAddress }: Sender,
  authenticators: Omit<Authenticators, 'callers'>,
): Promise<Caller | undefined> {
  switch (access.by) {
    case 'anyone':
      return authorization === undefined
        ? Promise.resolve(undefined)
        : byToken(authorization, undefined, authenticators);
    case 'token':
      return byToken(authorization, access.scopes, authenticators);
    case 'password':
      return byPassword(authorization, clientAddress, access.role, authenticators);
  }
}

async function byToken(
  authorization: string | undefined,
  scopes: readonly string[] | undefined,
  { bearer }: Pick<Authenticators, 'bearer'>,
): Promise<Caller> {
  const accessToken = credentialOf('bearer', authorization);
  if (accessToken === undefined) throw unauthenticated(bearerChallenge(), 'Unauthenticated request');
  const caller = await bearer.authenticate(accessToken);
  if (!caller) throw unauthenticated(bearerChallenge('invalid_token'), 'The access token is invalid or expired');
  if (scopes && !scopes.some((scope) => caller.scopes.includes(scope))) {
    throw unauthenticated(
      bearerChallenge('insufficient_scope', scopes),
      'The access token does not allow you to access the requested resource',
    );
  }
  return caller;
}

/** RFC 6750 §3; WSO2 clients expect 401 for a missing scope too, so only the challenge tells the cases apart. */
function bearerChallenge(error?: string, scopes?: readonly string[]): string {
  const parts = ['realm="Keygate"'];
  if (error) parts.push(`error="${error}"`);
  if (scopes) parts.push(`scope="${scopes.join(' ')}"`);
  return `Bearer ${parts.join(', ')}`;
}

const basicChallenge = 'Basic realm="Keygate", charset="UTF-8"';

async function byPassword(
  authorization: string | undefined,
  clientAddress: string,
  role: string | undefined,
  { passwords }: Pick<Authenticators, 'passwords'>,
): Promise<Caller> {
  const [login, secret] = loginOf(authorization);
  const caller = await passwords.authenticate(login, secret, clientAddress);
  if (!caller) throw unauthenticated(basicChallenge, 'The user name or the password is wrong');
  if (role !== undefined && !caller.roles.includes(role)) throw forbidden(`This needs the role ${role}`);
  return caller;
}

/** RFC 7617 §2: the user name ends at the first colon. */
function loginOf(authorization: string | undefined): [login: string, secret: string] {
  const credential = credentialOf('basic', authorization);
  const decoded = credential === undefined ? '' : Buffer.from(credential, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 1) throw unauthenticated(basicChallenge, 'Basic credentials of a user are needed');
  return [decoded.slice(0, colon), decoded.slice(colon + 1)];
}

function credentialOf(scheme: 'basic' | 'bearer', authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length > maxCredentialLength) return undefined;
  const [word, credential, ...rest] = authorization.trim().split(/ +/);
  return word?.toLowerCase() === scheme && credential && rest.length === 0 ? credential : undefined;
}
