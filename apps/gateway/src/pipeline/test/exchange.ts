import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CompiledCatalog } from '../../apis/compiled-catalog.js';
import { catalogOf } from '../../apis/test/catalog.js';
import { Exchange, type Scheme } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import type { TokenFacts } from '../ports.js';
import { route } from '../stages/route.stage.js';

export interface GivenRequest {
  readonly method?: string;
  readonly target?: string;
  /** Names and values in turn; a Host is added. */
  readonly headers?: readonly string[];
  readonly scheme?: Scheme;
  readonly address?: string;
  readonly version?: readonly [number, number];
}

/** An exchange of a literal request; its response must not be touched. */
export function anExchange(given: GivenRequest = {}): Exchange {
  const [httpVersionMajor, httpVersionMinor] = given.version ?? [1, 1];
  const request = {
    method: given.method ?? 'GET',
    url: given.target ?? '/petstore/1.0.0/pets',
    rawHeaders: ['Host', 'gateway.test', ...(given.headers ?? [])],
    httpVersionMajor,
    httpVersionMinor,
    socket: { remoteAddress: given.address ?? '192.0.2.1' },
  };
  return new Exchange(
    request as unknown as IncomingMessage,
    undefined as unknown as ServerResponse,
    given.scheme ?? 'https',
  );
}

export const settings = { maxUrlBytes: 8192 };

/** An exchange behind the route stage. */
export function aRoutedExchange(given: GivenRequest = {}, catalog: CompiledCatalog = catalogOf()): Exchange {
  const exchange = anExchange(given);
  route({ catalog: { current: () => catalog }, settings }).run(exchange);
  return exchange;
}

export function someFacts(given: Partial<TokenFacts> = {}): TokenFacts {
  return {
    clientId: 'key-1',
    applicationId: 'app-1',
    keyType: 'PRODUCTION',
    kind: 'APPLICATION_USER',
    user: 'demo@carbon.super',
    tenantDomain: 'carbon.super',
    scopes: ['read'],
    ...given,
  };
}

/** The fault an action ends with, or a failure if it does not. */
export function faultOf(action: () => unknown): GatewayError {
  try {
    action();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('expected a fault');
}
