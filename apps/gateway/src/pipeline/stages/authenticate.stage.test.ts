import { describe, expect, it } from 'vitest';
import { anApi, catalogOf } from '../../apis/test/catalog.js';
import type { TokenVerdict } from '../ports.js';
import { aRoutedExchange, faultOf, type GivenRequest, settings, someFacts } from '../test/exchange.js';
import { authenticate } from './authenticate.stage.js';

const active: TokenVerdict = { state: 'active', facts: someFacts() };

function run(request: GivenRequest, verdict: TokenVerdict | Promise<TokenVerdict> = active, authorizationHeader = '') {
  const asked: string[] = [];
  const exchange = aRoutedExchange(request, catalogOf({ apis: [anApi({ authorizationHeader })] }));
  const lookup = (token: string) => {
    asked.push(token);
    return verdict;
  };
  const pending = authenticate({ tokens: { lookup }, settings }).run(exchange);
  return { exchange, asked, pending };
}

const bearer = (credentials: string) => ({ headers: ['Authorization', credentials] });

describe('the access token', () => {
  it.each(['Bearer abc', 'bearer abc', 'BEARER abc', 'Bearer   abc', 'Bearer abc '])(
    'is read from %j',
    (credentials) => {
      const { asked, exchange, pending } = run(bearer(credentials));
      expect(asked).toEqual(['abc']);
      expect(exchange.token).toEqual(someFacts());
      expect(pending).toBeUndefined();
    },
  );

  it.each(['aB0-._~+/==', '0123456789abcdef0123456789abcdef', '123e4567-e89b-12d3-a456-426614174000'])(
    '%s is well-formed',
    (token) => {
      expect(run(bearer(`Bearer ${token}`)).asked).toEqual([token]);
    },
  );

  it('is not needed where the resource needs none, and is not looked at', () => {
    const { asked, exchange } = run({ target: '/petstore/1.0.0/health', ...bearer('Bearer abc') });
    expect(asked).toEqual([]);
    expect(exchange.token).toBeUndefined();
  });

  it('is read from the header of the API only, when it has its own', () => {
    expect(run({ headers: ['X-Auth', 'Bearer abc'] }, active, 'X-Auth').asked).toEqual(['abc']);
    expect(faultOf(() => run(bearer('Bearer abc'), active, 'X-Auth')).fault).toBe('missingCredentials');
  });

  it('may come later', async () => {
    const { exchange, pending } = run(bearer('Bearer abc'), Promise.resolve(active));
    expect(exchange.token).toBeUndefined();
    await pending;
    expect(exchange.token?.clientId).toBe('key-1');
  });
});

describe('refusals', () => {
  const www = (error: string) => `Bearer realm="Keygate", error="${error}"`;

  it.each([[{}], [bearer('Basic YTpi')], [bearer('')], [bearer('Bearer')], [bearer('Bearer ')], [bearer('Token abc')]])(
    '%j: 900902 with a challenge that names no error',
    (request) => {
      const { fault, headers } = faultOf(() => run(request));
      expect(fault).toBe('missingCredentials');
      expect(headers).toEqual(['WWW-Authenticate', 'Bearer realm="Keygate"']);
    },
  );

  it.each([
    'Bearer a b',
    'Bearer a,b',
    'Bearer "abc"',
    'Bearer abc, Bearer def',
    'Bearer =',
    'Bearer é',
    `Bearer ${'a'.repeat(8193)}`,
  ])('%.40j: 900901, nobody is asked', (credentials) => {
    const { fault, headers } = faultOf(() => run(bearer(credentials)));
    expect(fault).toBe('invalidCredentials');
    expect(headers[1]).toBe(`${www('invalid_token')}, error_description="The access token is malformed"`);
  });

  it('two Authorization headers: 400 invalid_request', () => {
    const { fault, headers } = faultOf(() =>
      run({ headers: ['Authorization', 'Bearer abc', 'authorization', 'Bearer def'] }),
    );
    expect([fault, headers[1]]).toEqual(['severalCredentials', www('invalid_request')]);
  });

  it.each<[TokenVerdict, string, string]>([
    [
      { state: 'invalid' },
      'invalidCredentials',
      `${www('invalid_token')}, error_description="The access token is not valid"`,
    ],
    [{ state: 'expired' }, 'tokenExpired', `${www('invalid_token')}, error_description="The access token expired"`],
    [{ state: 'undecidable', retryAfterSeconds: 7 }, 'undecidable', '7'],
  ])('%j, at once and later', async (verdict, fault, header) => {
    const now = faultOf(() => run(bearer('Bearer abc'), verdict));
    expect([now.fault, now.headers[1]]).toEqual([fault, header]);
    await expect(run(bearer('Bearer abc'), Promise.resolve(verdict)).pending).rejects.toMatchObject({ fault });
  });

  it('a look-up that fails is no decision: 503', async () => {
    const { pending } = run(bearer('Bearer abc'), Promise.reject(new Error('key manager away')));
    await expect(pending).rejects.toMatchObject({ fault: 'undecidable', headers: ['Retry-After', '1'] });
  });
});

describe('a bound token', () => {
  const verdictOf = (confirmation: object | undefined): TokenVerdict => ({
    state: 'active',
    facts: someFacts({ confirmation: confirmation as never }),
  });
  const refusal = (credentials: string, confirmation: object | undefined) =>
    faultOf(() => run(bearer(credentials), verdictOf(confirmation)));

  it.each([
    ['DPoP abc', { method: 'jkt', thumbprint: 'x' }],
    ['Bearer abc', { method: 'x5t#S256', thumbprint: 'x' }],
    ['DPoP abc', { method: 'x5t#S256', thumbprint: 'x' }],
    ['Bearer abc', { method: 'a kind of tomorrow', thumbprint: 'x' }],
    ['DPoP abc', { method: 'a kind of tomorrow', thumbprint: 'x' }],
    ['DPoP abc', undefined],
  ])('%s is refused where nothing can prove %j', (credentials, confirmation) => {
    const { fault, headers } = refusal(credentials, confirmation);
    expect([fault, headers[1]]).toEqual([
      'invalidCredentials',
      expect.stringMatching(/^Bearer .*error="invalid_token"/),
    ]);
  });

  it('says that a key is needed when it comes as Bearer', () => {
    const { headers } = refusal('Bearer abc', { method: 'jkt', thumbprint: 'x' });
    expect(headers[1]).toMatch(/^DPoP realm="Keygate", error="invalid_token", .*, algs="ES256 /);
  });
});
