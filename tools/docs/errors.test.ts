import { describe, expect, it } from 'vitest';
import { faults } from '../../apps/gateway/src/pipeline/gateway-errors.js';
import {
  InsufficientScope,
  InvalidClient,
  InvalidDpopProof,
  InvalidGrant,
  InvalidRequest,
  InvalidScope,
  InvalidToken,
  type OAuthErrorCode,
  ServerError,
  TemporarilyUnavailable,
  UnauthorizedClient,
  UnsupportedGrantType,
  UseDpopNonce,
} from '../../apps/key-manager/src/oauth2/errors.js';
import { errorsPage } from './errors-page.js';
import { read, root } from './repository.js';

const examples = [
  [new InvalidRequest(''), 'A parameter is missing, repeated or malformed, or the client authenticates in two ways.'],
  [new InvalidClient('realm'), 'The client could not be authenticated. Unknown and wrong secret look the same.'],
  [new InvalidGrant(''), 'User name and password, or the refresh token, are wrong, expired, used or revoked.'],
  [new UnauthorizedClient(''), 'The client is known but may not use this grant.'],
  [new UnsupportedGrantType(), 'The server does not know this grant, or it is not enabled.'],
  [new InvalidScope(''), 'The scope is malformed, or more than was granted.'],
  [new InvalidToken(), 'The access token is unknown, expired, revoked, or bound to somebody else (RFC 6750).'],
  [new InsufficientScope('', ''), 'The access token is good, but its scope does not reach (RFC 6750).'],
  [new InvalidDpopProof(), 'The DPoP proof is missing, wrong, or was used before (RFC 9449).'],
  [new UseDpopNonce(''), 'The DPoP proof needs the nonce in `DPoP-Nonce` (RFC 9449); at `userinfo` the status is 401.'],
  [new TemporarilyUnavailable(), 'Too busy, or something needed is away; `Retry-After` says when to try again.'],
  [new ServerError(), 'A bug or a broken part.'],
] as const;
const oauthErrors = examples.map(([{ error, status }, meaning]) => ({ error, status, meaning }));

// Fails to compile when the code has an error that is not above.
type Documented = (typeof examples)[number][0]['error'];
const everyErrorIsDocumented: OAuthErrorCode extends Documented ? true : never = true;

describe('docs/errors.md', () => {
  it('says what the code says', async () => {
    expect(everyErrorIsDocumented).toBe(true);
    await expect(errorsPage(faults, oauthErrors)).toMatchFileSnapshot(`${root}docs/errors.md`);
  });

  it('has every row of the table, and no row that is not in it', () => {
    const page = read('docs/errors.md');
    const named = [...page.matchAll(/\| `(\w+)` \|$/gm)].map((match) => match[1]);
    expect(named).toEqual(Object.keys(faults));
  });

  it('lists OAuth error codes exactly as errors.ts declares them', () => {
    const declared = [...read('apps/key-manager/src/oauth2/errors.ts').matchAll(/^ {2}\| '(\w+)'/gm)].map(
      (one) => one[1],
    );
    expect(oauthErrors.map(({ error }) => error).sort()).toEqual(declared.sort());
  });
});
