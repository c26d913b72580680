import { BalancingMethod, EndpointSecurityType } from '@keygate/proto/keymanager/v1/catalog';
import { describe, expect, it } from 'vitest';
import type { EndpointConfig } from './api.js';
import { catalogEndpoint } from './catalog-endpoint.js';
import { createGatewaySecrets } from './gateway-secrets.js';
import { createSecretBox } from './secret-box.js';

const key = Buffer.alloc(32, 1);
const warnings: unknown[] = [];
const secrets = createGatewaySecrets(key, { warn: (...line: unknown[]) => void warnings.push(line) } as never);
const production = (config: EndpointConfig | null) => catalogEndpoint(config, 'production', 'api-1', secrets);
const http = (production_endpoints: unknown, more = {}): EndpointConfig =>
  ({ endpoint_type: 'http', production_endpoints, ...more }) as EndpointConfig;
const algorithm = (name: string) => `org.apache.synapse.endpoints.algorithms.${name}`;

describe('addresses of an endpoint', () => {
  it.each([
    ['one', http({ url: 'http://a' }), ['http://a']],
    ['a list', http([{ url: 'http://a' }, { url: 'http://b' }]), ['http://a', 'http://b']],
    [
      'a failover',
      {
        endpoint_type: 'failover',
        production_endpoints: { url: 'http://a' },
        production_failovers: [{ url: 'http://b' }],
      },
      ['http://a', 'http://b'],
    ],
    ['those that a policy chooses', { endpoint_type: 'default', production_endpoints: { url: 'default' } }, []],
  ])('are %s', (_, config, urls) => {
    expect(production(config as EndpointConfig)?.urls).toEqual(urls);
  });

  it.each([
    ['nothing', null],
    ['null', http(null)],
    ['an entry without url', http({})],
    ['the other kind alone', { sandbox_endpoints: { url: 'http://a' } }],
    ['a function', { endpoint_type: 'awslambda', production_endpoints: { url: 'http://a' } }],
  ])('are none with %s', (_, config) => {
    expect(production(config as EndpointConfig)).toBeUndefined();
  });

  it('say no more than the configuration does', () => {
    expect(production(http({ url: 'http://a', config: { actionDuration: 'soon', factor: '' } }))).toEqual({
      ...{ urls: ['http://a'], timeoutMillis: 0, trustedCertificates: [] },
      ...{ balancing: undefined, protection: undefined, security: undefined },
    });
  });
});

describe('the choice among addresses', () => {
  const balanced = (more: object) =>
    production({
      endpoint_type: 'load_balance',
      production_endpoints: [{ url: 'http://a', config: { weight: '3' } }, { url: 'http://b' }],
      ...more,
    })?.balancing;

  it.each([
    [algorithm('RoundRobin'), BalancingMethod.BALANCING_METHOD_ROUND_ROBIN],
    [algorithm('WeightedRoundRobin'), BalancingMethod.BALANCING_METHOD_WEIGHTED],
    [algorithm('WeightedRRLCAlgorithm'), BalancingMethod.BALANCING_METHOD_LEAST_CONNECTIONS],
    ['least_connections', BalancingMethod.BALANCING_METHOD_LEAST_CONNECTIONS],
    [undefined, BalancingMethod.BALANCING_METHOD_ROUND_ROBIN],
  ])('%s', (algoClassName, method) => {
    expect(balanced({ algoClassName })).toMatchObject({ method, weights: [3, 1], stickyMillis: 0 });
    expect(balanced({ algoCombo: algoClassName })?.method).toBe(method);
  });

  it.each([
    [{ sessionManagement: 'none', sessionTimeOut: '1000' }, 0],
    [{ sessionManagement: '' }, 0],
    [{ sessionManagement: 'transport', sessionTimeOut: '1000' }, 1_000],
    [{ sessionManagement: 'simpleClientSession' }, 300_000],
  ])('is held with %j for %i', (more, stickyMillis) => {
    const found = balanced(more);
    expect(found?.stickyMillis).toBe(stickyMillis);
    expect(found?.stickyKey.length).toBe(stickyMillis > 0 ? 32 : 0);
  });

  it('is held by cookies of this API only', () => {
    expect(secrets.stickyKey('api-1')).toEqual(createGatewaySecrets(key, {} as never).stickyKey('api-1'));
    expect(secrets.stickyKey('api-1')).not.toEqual(secrets.stickyKey('api-2'));
  });
});

it('protection is read from both of WSO2’s forms', () => {
  const config = {
    ...{ actionDuration: '3000', suspendDuration: '500', suspendMaxDuration: '60000', factor: '1.5' },
    ...{ suspendErrorCode: ['101504', 'x'], retryTimeOut: '2' },
  };
  const advanceEndpointConfig = {
    ...{ totalTimeoutInMillis: 9000, connectTimeoutInMillis: '700', retryConfig: { count: 2 } },
    circuitBreakers: { maxRequests: 75.0, maxPendingRequests: 35.0 },
    healthCheck: { path: '/health', intervalInMillis: 2000 },
  };
  expect(production(http({ url: 'http://a', config, advanceEndpointConfig }))).toMatchObject({
    timeoutMillis: 3_000,
    protection: {
      ...{ connectTimeoutMillis: 700, idleTimeoutMillis: 0, totalTimeoutMillis: 9_000, retries: 2 },
      ...{ failuresToOpen: 3, openMillis: 500, maxOpenMillis: 60_000, openFactor: 1.5, openOn: [101_504] },
      ...{ maxConcurrent: 75, maxWaiting: 35, healthPath: '/health', healthIntervalMillis: 2_000 },
    },
  });
});

describe('security of an endpoint', () => {
  const box = createSecretBox(key);
  const secured = (given: object) =>
    production(http({ url: 'http://a' }, { endpoint_security: { production: { enabled: true, ...given } } }));

  it('is sent with its secrets opened', () => {
    const password = box.seal('pä:ss', 'api-1');
    expect(secured({ type: 'basic', username: 'u', password })?.security).toMatchObject({
      ...{ type: EndpointSecurityType.ENDPOINT_SECURITY_TYPE_BASIC, username: 'u', password: 'pä:ss' },
    });
    const clientSecret = box.seal('s', 'api-1');
    const oauth = { type: 'OAUTH', tokenUrl: 'http://t', clientId: 'c', clientSecret, grantType: 'CLIENT_CREDENTIALS' };
    expect(secured({ ...oauth, customParameters: { audience: 'x' } })?.security).toMatchObject({
      ...{ type: EndpointSecurityType.ENDPOINT_SECURITY_TYPE_OAUTH, tokenUrl: 'http://t', clientId: 'c' },
      ...{ clientSecret: 's', grantType: 'client_credentials', parameters: '{"audience":"x"}' },
    });
  });

  it.each([
    ['of the other kind', { sandbox: { enabled: true, type: 'BASIC' } }],
    ['switched off', { production: { enabled: false, type: 'BASIC' } }],
    ['of type NONE', { production: { enabled: true, type: 'NONE' } }],
    ['null', null],
  ])('is none when %s', (_, endpoint_security) => {
    expect(production(http({ url: 'http://a' }, { endpoint_security }))?.security).toBeUndefined();
  });

  it('leaves nothing to call when it cannot be read, and says so', () => {
    const foreign = createSecretBox(Buffer.alloc(32, 2)).seal('s', 'api-1');
    expect(secured({ type: 'BASIC', username: 'u', password: foreign })).toMatchObject({
      urls: [],
      security: undefined,
    });
    expect(secured({ type: 'BASIC', username: 'u', password: box.seal('s', 'api-2') })?.urls).toEqual([]);
    expect(JSON.stringify(warnings)).toContain('api-1');
  });

  it('of an unknown type is sent as unknown, so that the gateway does not call without', () => {
    expect(secured({ type: 'KERBEROS' })?.security?.type).toBe(0);
  });
});
