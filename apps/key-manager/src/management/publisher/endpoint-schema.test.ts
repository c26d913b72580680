import { describe, expect, it } from 'vitest';
import { endpointConfig } from './endpoint-schema.js';

const problems = (config: unknown) =>
  (endpointConfig.safeParse(config).error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
const at = (url: string, more = {}) => ({ endpoint_type: 'http', production_endpoints: { url, ...more } });
const secured = (production: object) => ({ endpoint_security: { production: { enabled: true, ...production } } });

describe('endpointConfig', () => {
  it.each([
    ['a URL', at('https://backend.test/base?x=1')],
    ['a template', at('http://backend.test/{uri.var.id}/{+uri.var.rest}?q={uri.var.q}')],
    ['a WebSocket', at('wss://backend.test/')],
    ['gRPC', at('grpcs://backend.test:443')],
    ['what no gateway calls', { endpoint_type: 'default', production_endpoints: { url: 'default' } }],
    ['members nobody knows', at('http://b', { config: { actionSelect: 'fault' }, template_not_supported: false })],
    ['security that is switched off', { endpoint_security: { production: { enabled: false, type: 'OAUTH' } } }],
    ['NONE', secured({ type: 'NONE' })],
    ['a draft of OAUTH', secured({ type: 'OAUTH', clientId: 'c' })],
    ['BASIC with an empty, kept password', secured({ type: 'BASIC', username: 'u', password: '' })],
    ['OAUTH', secured({ type: 'OAUTH', tokenUrl: 'https://t', clientId: 'c', grantType: 'client_credentials' })],
    ['a health check', at('http://b', { advanceEndpointConfig: { healthCheck: { path: '/health?deep=1' } } })],
  ])('may be %s', (_, config) => {
    expect(problems(config)).toEqual([]);
  });

  it.each([
    ['no URL', at('backend.test'), 'production_endpoints.url is not an endpoint URL'],
    ['a user name', at('http://u:p@b/'), 'production_endpoints.url is not an endpoint URL'],
    ['another protocol', at('file:///etc/passwd'), 'production_endpoints.url is not an endpoint URL'],
    [
      'a bad fallback',
      { endpoint_type: 'failover', production_failovers: [{ url: 'x' }] },
      'production_failovers.url is not an endpoint URL',
    ],
    [
      'a health check of another host',
      at('http://b', { config: { advanceEndpointConfig: { healthCheck: { path: 'http://other' } } } }),
      'production_endpoints.advanceEndpointConfig.healthCheck.path has to begin with / and hold no spaces',
    ],
    [
      'another security',
      secured({ type: 'KERBEROS' }),
      'endpoint_security.production.type is not BASIC, DIGEST, OAUTH or NONE',
    ],
    [
      'a colon',
      secured({ type: 'BASIC', username: 'a:b' }),
      'endpoint_security.production.username must not hold a colon',
    ],
  ])('may not be %s', (_, config, problem) => {
    expect(problems(config)).toEqual([problem]);
  });

  it('names all that is wrong with OAUTH', () => {
    const wrong = { type: 'OAUTH', tokenUrl: 'ftp://t', grantType: 'implicit', customParameters: '[]' };
    expect(problems(secured(wrong))).toEqual([
      'endpoint_security.production.tokenUrl is not an http or https URL without credentials',
      'endpoint_security.production.grantType is not CLIENT_CREDENTIALS or PASSWORD',
      'endpoint_security.production.customParameters is not a JSON object',
    ]);
  });
});
