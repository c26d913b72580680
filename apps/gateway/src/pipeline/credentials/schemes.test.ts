import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import type { KeyType } from '@keygate/proto/keymanager/v1/key_validation';
import { describe, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../../apis/test/catalog.js';
import { GatewayError } from '../gateway-errors.js';
import type { Ports, TokenVerdict, UserVerdict } from '../ports.js';
import { authenticate } from '../stages/authenticate.stage.js';
import { aRoutedExchange, settings, someFacts } from '../test/exchange.js';
import { pemOf, shownCertificates } from './test/certificates.js';

const { uploaded, other } = shownCertificates;

const apiKey = someFacts({ kind: 'API_KEY', clientId: '', user: '' });
const user = someFacts({ kind: 'USER', clientId: '', applicationId: '', user: 'ann@carbon.super' });

const tokens: Ports['tokens'] = {
  lookup: (text): TokenVerdict => {
    if (text === 'good') return { state: 'active', facts: someFacts() };
    return text === 'key' ? { state: 'active', facts: apiKey } : { state: 'invalid' };
  },
};

const users: Ports['users'] = {
  authenticate: ({ userName, password }): UserVerdict => {
    if (userName === 'slow') return { state: 'slowed', retryAfterSeconds: 7 };
    if (password !== 'right') return { state: 'invalid' };
    return { state: 'active', facts: userName === 'eve' ? { ...user, tenantDomain: 'other.com' } : user };
  },
};

const internalKeys: Ports['internalKeys'] = {
  judge: (key) =>
    key === 'bad'
      ? { state: 'invalid' }
      : { state: 'active', apiId: key, facts: someFacts({ kind: 'INTERNAL', clientId: '' }) },
};

type Shown = 'nothing' | 'token' | 'bad token' | 'key' | 'query key' | 'bad key' | 'password' | 'bad password';

const basic = (login: string) => ['Authorization', `Basic ${Buffer.from(login).toString('base64')}`];
const headers: Readonly<Record<Shown, readonly string[]>> = {
  nothing: [],
  token: ['Authorization', 'Bearer good'],
  'bad token': ['Authorization', 'Bearer bad'],
  key: ['ApiKey', 'key'],
  'query key': [],
  'bad key': ['aPiKeY', 'bad'],
  password: basic('ann:right'),
  'bad password': basic('ann:wrong'),
};

function outcome(
  schemes: readonly string[],
  given: {
    readonly headers?: readonly string[];
    readonly query?: string;
    readonly certificate?: Buffer | undefined;
    readonly security?: object;
    readonly isOpen?: boolean;
  },
): string {
  const security = {
    schemes: [...schemes],
    apiKeyHeader: '',
    audiences: [],
    keyManagers: [],
    clientCertificates: [{ alias: 'one', pem: pemOf(uploaded), throttlingTier: 'Gold', keyTypes: [] as KeyType[] }],
    ...given.security,
  };
  const target = `/petstore/1.0.0/pets${given.query === undefined ? '' : `?${given.query}`}`;
  const exchange = aRoutedExchange(
    { target, headers: given.headers ?? [] },
    catalogOf({ apis: [anApi({ security, ...(given.isOpen && { resources: [openResource] }) })] }),
  );
  Object.assign(exchange.request.socket, {
    getPeerX509Certificate: () => given.certificate && { raw: given.certificate },
  });
  try {
    authenticate({ tokens, users, internalKeys, settings }).run(exchange);
  } catch (error) {
    if (error instanceof GatewayError) return error.fault;
    throw error;
  }
  return exchange.token?.kind ?? 'let in';
}

const openResource = aResource('GET /pets', { authType: AuthType.AUTH_TYPE_NONE });
const application = 'oauth_basic_auth_api_key_mandatory';

describe('schemes and what is shown', () => {
  const shown = Object.keys(headers) as Shown[];
  const missing = 'missingCredentials';
  const invalid = 'invalidCredentials';
  it.each<[readonly string[], readonly string[]]>([
    [['oauth2'], [missing, 'APPLICATION_USER', invalid, missing, missing, missing, missing, missing]],
    [['api_key'], [missing, missing, missing, 'API_KEY', 'API_KEY', invalid, missing, missing]],
    [['basic_auth'], [missing, missing, missing, missing, missing, missing, 'USER', invalid]],
    [
      ['oauth2', 'api_key', 'basic_auth', application],
      [missing, 'APPLICATION_USER', invalid, 'API_KEY', 'API_KEY', invalid, 'USER', invalid],
    ],
    [['something_new'], [missing, missing, missing, missing, missing, missing, missing, missing]],
  ])('%j', (schemes, answers) => {
    const found = shown.map((each) =>
      outcome(schemes, { headers: headers[each], ...(each === 'query key' && { query: 'apikey=key' }) }),
    );
    expect(found).toEqual(answers);
  });
});

describe('mutual TLS', () => {
  it.each<[string, readonly string[], Buffer | undefined, Shown, string]>([
    ['alone', ['mutualssl'], uploaded, 'nothing', 'CERTIFICATE'],
    ['alone', ['mutualssl'], other, 'nothing', 'certificateRequired'],
    ['alone', ['mutualssl'], undefined, 'token', 'certificateRequired'],
    ['alone: a token is nothing here', ['mutualssl'], uploaded, 'bad token', 'CERTIFICATE'],
    [
      'both mandatory',
      ['mutualssl', 'mutualssl_mandatory', 'oauth2', application],
      uploaded,
      'token',
      'APPLICATION_USER',
    ],
    [
      'both mandatory',
      ['mutualssl', 'mutualssl_mandatory', 'oauth2', application],
      uploaded,
      'nothing',
      'missingCredentials',
    ],
    [
      'both mandatory',
      ['mutualssl', 'mutualssl_mandatory', 'oauth2', application],
      undefined,
      'token',
      'certificateRequired',
    ],
    [
      'both mandatory',
      ['mutualssl', 'mutualssl_mandatory', 'oauth2', application],
      other,
      'token',
      'certificateRequired',
    ],
    ['optional beside mandatory', ['mutualssl', 'oauth2', application], uploaded, 'nothing', 'missingCredentials'],
    ['optional beside mandatory', ['mutualssl', 'oauth2', application], other, 'token', 'APPLICATION_USER'],
    ['mandatory beside optional', ['mutualssl', 'mutualssl_mandatory', 'oauth2'], uploaded, 'nothing', 'CERTIFICATE'],
    [
      'mandatory beside optional',
      ['mutualssl', 'mutualssl_mandatory', 'oauth2'],
      uploaded,
      'token',
      'APPLICATION_USER',
    ],
    [
      'mandatory beside optional',
      ['mutualssl', 'mutualssl_mandatory', 'oauth2'],
      undefined,
      'token',
      'certificateRequired',
    ],
    ['both optional', ['mutualssl', 'oauth2'], uploaded, 'nothing', 'CERTIFICATE'],
    ['both optional', ['mutualssl', 'oauth2'], undefined, 'token', 'APPLICATION_USER'],
    ['both optional', ['mutualssl', 'oauth2'], other, 'nothing', 'missingCredentials'],
    [
      'both optional: what is wrong is not made good',
      ['mutualssl', 'oauth2'],
      uploaded,
      'bad token',
      'invalidCredentials',
    ],
  ])('%s: %j', (_, schemes, certificate, shown, answer) => {
    expect(outcome(schemes, { certificate, headers: headers[shown] })).toBe(answer);
  });

  it('does not believe a header', () => {
    const named = ['X-WSO2-CLIENT-CERTIFICATE', encodeURIComponent(pemOf(uploaded))];
    expect(outcome(['mutualssl'], { headers: named })).toBe('certificateRequired');
  });
});

describe('several credentials at once', () => {
  const schemes = ['oauth2', 'api_key', 'basic_auth'];
  it.each([
    [[...headers.token, ...headers.token], undefined, 'severalCredentials'],
    [[...headers.key, ...headers.key], undefined, 'severalCredentials'],
    [headers.key, 'apikey=key', 'severalCredentials'],
    [[], 'apikey=key&apikey=key', 'severalCredentials'],
    [[...headers.token, ...headers.key], undefined, 'APPLICATION_USER'],
    [[...headers['bad token'], ...headers.key], undefined, 'invalidCredentials'],
    [['Authorization', 'Digest x', ...headers.key], undefined, 'API_KEY'],
  ])('%j and %j: %s', (sent, query, answer) => {
    expect(outcome(schemes, { headers: sent, ...(query !== undefined && { query }) })).toBe(answer);
  });
});

describe('credentials in the wrong place', () => {
  it.each([
    [['oauth2'], ['Authorization', 'Bearer key'], 'invalidCredentials'],
    [['api_key'], ['ApiKey', 'good'], 'invalidCredentials'],
    [['oauth2'], ['Authorization', 'Bearer api-1'], 'invalidCredentials'],
    [['oauth2'], ['Internal-Key', 'bad'], 'invalidCredentials'],
  ])('%j with %j: %s', (schemes, sent, answer) => {
    expect(outcome(schemes, { headers: sent })).toBe(answer);
  });

  it("takes API keys from the API's own header only", () => {
    const security = { apiKeyHeader: 'X-Shop-Key' };
    expect(outcome(['api_key'], { headers: ['x-shop-key', 'key'], security })).toBe('API_KEY');
    expect(outcome(['api_key'], { headers: headers.key, security })).toBe('missingCredentials');
  });
});

describe('a resource that needs no credentials', () => {
  const all = ['mutualssl', 'mutualssl_mandatory', 'oauth2', application];
  it.each<[string, readonly string[], Buffer | undefined, readonly string[], string]>([
    ['of an API that wants a certificate, with one', all, uploaded, [], 'let in'],
    ['of an API that wants a certificate, without', all, undefined, [], 'certificateRequired'],
    ['of an API that wants a certificate, with another', ['mutualssl'], other, [], 'certificateRequired'],
    ['of an API that wants a certificate, with a token', all, undefined, headers.token, 'certificateRequired'],
    ['of an API that wants a certificate, for its publisher', all, undefined, ['Internal-Key', 'api-1'], 'INTERNAL'],
    ['of an API that wants a certificate, for anybody', all, undefined, ['Internal-Key', 'bad'], 'invalidCredentials'],
    ['of an API that takes certificates', ['mutualssl', 'oauth2'], undefined, [], 'let in'],
    ['of an API with tokens', ['oauth2'], undefined, headers['bad token'], 'let in'],
  ])('%s', (_, schemes, certificate, sent, answer) => {
    expect(outcome(schemes, { certificate, headers: sent, isOpen: true })).toBe(answer);
  });
});

describe('internal keys', () => {
  it.each([
    ['oauth2'],
    ['api_key'],
    ['basic_auth'],
    ['mutualssl'],
    ['mutualssl', 'mutualssl_mandatory', 'oauth2', application],
  ])('open an API with the schemes %s, %s', (...schemes) => {
    expect(outcome(schemes, { headers: ['internal-key', 'api-1'] })).toBe('INTERNAL');
  });

  it.each([
    [['Internal-Key', 'api-2'], 'otherApisKey'],
    [['Internal-Key', 'bad', ...headers.token], 'invalidCredentials'],
    [['Internal-Key', 'api-1', 'internal-key', 'api-1'], 'severalCredentials'],
  ])('%j: %s', (sent, answer) => {
    expect(outcome(['oauth2'], { headers: sent })).toBe(answer);
  });
});

describe('passwords', () => {
  it.each([
    [basic('eve:right'), 'otherTenantsUser'],
    [basic('slow:right'), 'loginsSlowed'],
    [basic('nocolon'), 'invalidCredentials'],
    [basic(':right'), 'invalidCredentials'],
    [basic('ann:ri\nght'), 'invalidCredentials'],
    [['Authorization', `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString('base64')}`], 'invalidCredentials'],
    [['Authorization', 'Basic %%%'], 'invalidCredentials'],
    [['Authorization', `Basic ${'YTpi'.repeat(1_000)}`], 'invalidCredentials'],
    [['Authorization', 'Basic'], 'missingCredentials'],
  ])('%.60j: %s', (sent, answer) => {
    expect(outcome(['basic_auth'], { headers: sent })).toBe(answer);
  });
});
