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
  OAuthError,
  type OAuthErrorCode,
  ServerError,
  TemporarilyUnavailable,
  UnauthorizedClient,
  UnsupportedGrantType,
  UseDpopNonce,
} from '../../apps/key-manager/src/oauth2/errors.js';
import {
  AccessDenied,
  AuthorizationPending,
  ExpiredToken,
  InvalidTarget,
  SlowDown,
} from '../../apps/key-manager/src/oauth2/grant-errors.js';
import { type ErrorTest, faultTests, oauthErrorTests } from './error-tests.js';
import { errorsPage } from './errors-page.js';
import { files, read, root } from './repository.js';
import { blockOf } from './test-block.js';

/** What is wrong with a request is said at once when it is pushed. */
const pushed = (error: OAuthErrorCode) => new OAuthError(error, '', 400);

const examples = [
  [new InvalidRequest(''), 'A parameter is missing, repeated or malformed, or the client authenticates in two ways.'],
  [new InvalidClient('realm'), 'The client could not be authenticated. Unknown and wrong secret look the same.'],
  [new InvalidGrant(''), 'User name and password, or the refresh token, are wrong, expired, used or revoked.'],
  [new UnauthorizedClient(''), 'The client is known but may not use this grant.'],
  [new UnsupportedGrantType(), 'The server does not know this grant, or it is not enabled.'],
  [new InvalidScope(''), 'The scope is malformed, or more than was granted.'],
  [new InvalidToken(), 'The access token is unknown, expired, revoked, or bound to somebody else (RFC 6750).'],
  [new InsufficientScope('', ''), 'The access token is good, but its scope does not reach (RFC 6750).'],
  [new AuthorizationPending(), "The user has not answered on the device's page yet: ask again (RFC 8628)."],
  [new SlowDown(), 'The device asks too often: five seconds more between requests (RFC 8628).'],
  [new ExpiredToken(), 'The device code has expired: start again (RFC 8628).'],
  [new AccessDenied(), 'The user refused the device.'],
  [new InvalidTarget(''), 'The token that was asked for is for something this server does not know (RFC 8693).'],
  [pushed('unsupported_response_type'), 'The server does not offer this `response_type` (RFC 9126).'],
  [pushed('request_not_supported'), 'Request objects are not supported (RFC 9126).'],
  [pushed('request_uri_not_supported'), 'A `request_uri` where none is taken (OpenID Connect Core §6.2).'],
  [pushed('registration_not_supported'), 'Registration by request is not supported (RFC 9126).'],
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
    const tests = { faults: faultTests, oauth: oauthErrorTests };
    await expect(errorsPage(faults, oauthErrors, tests)).toMatchFileSnapshot(`${root}docs/errors.md`);
  });

  it('has every row of the table, and no row that is not in it', () => {
    const page = read('docs/errors.md');
    const named = [...page.matchAll(/\| `(\w+)` \| \[[^\]]+\]\([^)]+\) \|$/gm)].map((match) => match[1]);
    expect(named).toEqual(Object.keys(faults));
  });

  it('lists OAuth error codes exactly as errors.ts declares them', () => {
    const declared = [...read('apps/key-manager/src/oauth2/errors.ts').matchAll(/^ {2}\| '(\w+)'/gm)].map(
      (one) => one[1],
    );
    expect(oauthErrors.map(({ error }) => error).sort()).toEqual(declared.sort());
  });
});

describe('the tests of errors', () => {
  const tracked = new Set(files());
  const rows = Object.entries(faults);
  /** What is said of one row alone. */
  const signsOf = (name: string): string[] => {
    const { code } = faults[name as keyof typeof faults];
    const isAlone = rows.filter(([, other]) => other.code === code).length === 1;
    return [name, ...(isAlone ? [code] : [])];
  };

  function expectTest({ file, title }: ErrorTest, signs: readonly string[]) {
    expect(tracked.has(file), `${file} is not there`).toBe(true);
    const block = blockOf(read(file), title);
    expect(block, `${file} has no test '${title}'`).toBeDefined();
    const isNamed = signs.some((sign) => new RegExp(`\\b${sign}\\b`).test(block ?? ''));
    expect(isNamed, `'${title}' in ${file} says none of ${signs.join(', ')}`).toBe(true);
  }

  it.each(Object.entries(faultTests))('%s ends a call in the test that is named', (name, test) => {
    expectTest(test, signsOf(name));
  });

  it.each(Object.entries(oauthErrorTests))('%s is answered in the test that is named', (error, test) => {
    expectTest(test, [error]);
  });
});
