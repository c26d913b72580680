import type { Endpoint } from '@keygate/proto/keymanager/v1/catalog';
import { KeyType } from '@keygate/proto/keymanager/v1/key_validation';
import { describe, expect, it } from 'vitest';
import type { ApiCertificates } from '../certificates/certificate.js';
import { apiBody } from '../storage/fixtures.contract.js';
import { catalogSecurity, trusting } from './catalog-security.js';

const at = { tenantDomain: 'carbon.super', createdAt: 0 };

describe('what callers of an API may show', () => {
  it('is told with the names of audiences and key managers', () => {
    const body = apiBody({
      apiKeyHeader: 'X-Key',
      audiences: ['one'],
      keyManagers: ['Theirs', 'Resident Key Manager'],
    });
    expect(catalogSecurity(body, undefined)).toEqual({
      ...{ schemes: ['oauth2'], apiKeyHeader: 'X-Key', audiences: ['one'] },
      ...{ keyManagers: ['Theirs', 'Resident Key Manager'], clientCertificates: [] },
    });
  });

  it.each([[['all']], [['one', 'ALL']], [[]], [undefined], ['all']])('is anybody when it is %j', (names) => {
    const body = apiBody({ audiences: names, keyManagers: names });
    expect(catalogSecurity(body, undefined)).toMatchObject({ audiences: [], keyManagers: [], apiKeyHeader: '' });
  });

  it('holds the certificates of clients with the kinds of endpoint they are for', () => {
    const certificate = { ...at, apiId: 'api', alias: 'a', pem: 'pem', tier: 'Gold' };
    const client = [certificate, { ...certificate, keyType: 'SANDBOX' as const }];
    const message = { alias: 'a', pem: 'pem', throttlingTier: 'Gold' };
    expect(catalogSecurity(apiBody(), { client, endpoints: [] }).clientCertificates).toEqual([
      { ...message, keyTypes: [] },
      { ...message, keyTypes: [KeyType.KEY_TYPE_SANDBOX] },
    ]);
  });
});

describe('the certificates that a backend is believed by', () => {
  const endpoint = (...urls: string[]): Endpoint => ({ urls, timeoutMillis: 0, trustedCertificates: [] });
  const given: ApiCertificates = {
    client: [],
    endpoints: [
      { ...at, alias: 'a', endpoint: 'https://one.example.com/x', pem: 'one' },
      { ...at, alias: 'b', endpoint: 'https://ONE.example.com:443', pem: 'again' },
      { ...at, alias: 'c', endpoint: 'https://two.example.com:8443/', pem: 'two' },
    ],
  };

  it.each<[string[], string[]]>([
    [['https://one.example.com/other'], ['one', 'again']],
    [
      ['wss://one.example.com', 'https://two.example.com:8443'],
      ['one', 'again', 'two'],
    ],
    [['grpcs://two.example.com:8443'], ['two']],
    [['https://two.example.com', 'http://one.example.com', 'https://sub.one.example.com'], []],
    [['https://{uri.var.host}/'], []],
    [[], []],
  ])('are those of its hosts and ports: %j', (urls, expected) => {
    expect(trusting(endpoint(...urls), given)?.trustedCertificates).toEqual(expected);
  });

  it('are none without an endpoint', () => {
    expect(trusting(undefined, given)).toBeUndefined();
    expect(trusting(endpoint('https://one.example.com'), undefined)?.trustedCertificates).toEqual([]);
  });
});
