import { describe, expect, it } from 'vitest';
import { compileApi, usualSettings } from './compile-api.js';
import { anApi } from './test/catalog.js';

const security = (given: object = {}) => ({
  ...{ schemes: ['oauth2'], apiKeyHeader: '', audiences: [], keyManagers: [], clientCertificates: [] },
  ...given,
});
const compiled = (given: object, settings = usualSettings) =>
  compileApi(anApi({ security: security(given) }), settings);

describe('what an API takes', () => {
  it('is access tokens in the usual way when it says nothing, or nothing but that', () => {
    for (const api of [anApi(), anApi({ security: security() }), anApi({ security: security({ schemes: [] }) })]) {
      expect(compileApi(api, usualSettings).security).toMatchObject({ isUsual: true, takesTokens: true });
    }
  });

  it.each([
    [{ schemes: ['oauth2', 'api_key'] }, { isUsual: false, apiKeyHeader: 'apikey' }],
    [
      { schemes: ['api_key'], apiKeyHeader: 'X-Shop' },
      { apiKeyHeader: 'x-shop', takesTokens: false },
    ],
    [{ keyManagers: ['Idp'] }, { isUsual: false, keyManagers: new Set(['Idp']) }],
    [{ keyManagers: ['all'] }, { isUsual: true, keyManagers: undefined }],
    [{ audiences: ['a', 'all'] }, { audiences: [] }],
    [{ schemes: ['unheard_of'] }, { takesTokens: false, takesApiKeys: false, certificate: 'ignored' }],
  ])('%j', (given, expected) => {
    expect(compiled(given).security).toMatchObject(expected);
  });

  it('leaves out a certificate that cannot be read, and says so', () => {
    const broken = { alias: 'broken', pem: 'x', throttlingTier: '', keyTypes: [] };
    const api = compiled({ schemes: ['mutualssl'], clientCertificates: [broken] });
    expect([api.security.certificates.size, api.problems]).toEqual([
      0,
      [expect.stringContaining('client certificate broken cannot be read')],
    ]);
  });
});

describe("the gateway's own settings", () => {
  const cors = {
    allowOrigins: ['https://a.test'],
    allowCredentials: true,
    allowHeaders: ['X-A'],
    allowMethods: ['GET'],
  };
  const settings = { authorizationHeader: 'X-Token', cors };

  it('stand in where an API says nothing', () => {
    const api = compileApi(anApi(), settings);
    expect(api.authorizationHeader).toBe('x-token');
    expect(api.cors).toMatchObject({ allowCredentials: true, allowHeaders: 'X-A, X-Token', allowMethods: 'GET' });
  });

  it('give way to those of the API', () => {
    const own = { enabled: true, allowOrigins: ['*'], allowCredentials: false, allowHeaders: ['B'], allowMethods: [] };
    const api = compileApi(anApi({ authorizationHeader: 'X-Own', cors: own }), settings);
    expect([api.authorizationHeader, api.cors?.allowsAnyOrigin, api.cors?.allowHeaders]).toEqual([
      ...['x-own', true, 'B, X-Own'],
    ]);
    expect(compileApi(anApi({ cors: { ...own, enabled: false } }), settings).cors).toBeUndefined();
  });

  it('allow the header of API keys to pages where there are any', () => {
    expect(compiled({ schemes: ['api_key'] }).cors?.allowHeaders).toMatch(/, ApiKey$/);
  });
});
