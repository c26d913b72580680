import { describe, expect, it } from 'vitest';
import type { KeyType } from '../../apis/compiled-catalog.js';
import { anApi, catalogOf } from '../../apis/test/catalog.js';
import type { Answers } from '../answers.js';
import type { Forwarder } from '../ports.js';
import { aRoutedExchange, faultOf, someFacts } from '../test/exchange.js';
import { proxy } from './proxy.stage.js';

const production = { urls: ['http://production.test'], timeoutMillis: 0, trustedCertificates: [] };
const sandbox = { urls: ['http://sandbox.test'], timeoutMillis: 0, trustedCertificates: [] };
const answers: Answers = { answering: () => undefined, fail: () => undefined, own: () => undefined };

function run(endpoints: Partial<Parameters<typeof anApi>[0]>, keyType: KeyType | undefined) {
  const catalog = catalogOf({ apis: [anApi({ productionEndpoint: undefined, ...endpoints })] });
  const exchange = aRoutedExchange({}, catalog);
  if (keyType !== undefined) exchange.authenticated(someFacts({ keyType }));
  const origins: (string | undefined)[] = [];
  const forward: Forwarder['forward'] = (_, endpoint) => {
    origins.push(endpoint.upstreams[0]?.origin);
  };
  proxy({ forwarder: { forward } }, answers).run(exchange);
  return origins[0];
}

describe('the endpoint', () => {
  const both = { productionEndpoint: production, sandboxEndpoint: sandbox };
  it.each([
    [both, 'PRODUCTION', 'http://production.test'],
    [both, 'SANDBOX', 'http://sandbox.test'],
    [both, undefined, 'http://production.test'],
    [{ sandboxEndpoint: sandbox }, undefined, 'http://sandbox.test'],
  ] as const)('of %j for a %s key', (endpoints, keyType, expected) => {
    expect(run(endpoints, keyType)).toBe(expected);
  });

  it.each([
    [{ sandboxEndpoint: sandbox }, 'PRODUCTION', 'noProductionEndpoint'],
    [{ productionEndpoint: production }, 'SANDBOX', 'noSandboxEndpoint'],
    [{}, undefined, 'noProductionEndpoint'],
  ] as const)('of %j for a %s key is missing', (endpoints, keyType, fault) => {
    expect(faultOf(() => run(endpoints, keyType)).fault).toBe(fault);
  });
});
