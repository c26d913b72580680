import type { CompiledCors } from '../../apis/compiled-catalog.js';
import { allowOf } from '../allow.js';
import type { Exchange } from '../exchange.js';
import { findHeader } from '../header-lines.js';
import type { Stage } from '../stage.js';

/**
 * Answers OPTIONS for the API: every preflight, and any OPTIONS the API does not declare itself. Other requests pass;
 * their answers get their CORS headers from `addCorsHeaders`.
 */
export function cors(): Stage {
  return {
    name: 'cors',
    run(exchange) {
      const { cors: rules } = exchange.api;
      if (exchange.method !== 'OPTIONS' || rules === undefined) return;
      if (exchange.route.resource !== undefined && !isPreflight(exchange)) return;
      exchange.answer({ status: 200, headers: preflightHeaders(exchange, rules) });
    },
  };
}

/** CORS headers of an answer that came from a backend or from a fault; the backend's own give way to the API's. */
export function addCorsHeaders(exchange: Exchange, headers: string[]): void {
  if (!exchange.isRouted || exchange.ownAnswer !== undefined) return;
  const { cors: rules } = exchange.api;
  if (rules === undefined) return;
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (ownedHeaders.has((headers[i] as string).toLowerCase())) headers.splice(i, 2);
  }
  addOrigin(exchange, rules, headers);
}

const ownedHeaders = new Set([
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-headers',
]);

function isPreflight(exchange: Exchange): boolean {
  return (
    findHeader(exchange.rawHeaders, 'origin') !== undefined &&
    findHeader(exchange.rawHeaders, 'access-control-request-method') !== undefined
  );
}

function preflightHeaders(exchange: Exchange, rules: CompiledCors): string[] {
  const { verbs } = exchange.route;
  const headers = ['Allow', allowOf(verbs), 'Access-Control-Allow-Methods', rules.allowMethods || verbs.join(', ')];
  if (rules.allowHeaders !== '') headers.push('Access-Control-Allow-Headers', rules.allowHeaders);
  addOrigin(exchange, rules, headers);
  headers.push('Content-Length', '0');
  return headers;
}

function addOrigin(exchange: Exchange, rules: CompiledCors, headers: string[]): void {
  if (rules.allowsAnyOrigin) {
    headers.push('Access-Control-Allow-Origin', '*');
    return;
  }
  // Caches must not give one site's answer to another.
  headers.push('Vary', 'Origin');
  const origin = findHeader(exchange.rawHeaders, 'origin');
  if (origin === undefined || !rules.allowOrigins.has(origin)) return;
  headers.push('Access-Control-Allow-Origin', origin);
  if (rules.allowCredentials) headers.push('Access-Control-Allow-Credentials', 'true');
}
