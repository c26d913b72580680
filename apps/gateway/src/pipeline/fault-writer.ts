import { prefersXml } from './accept.js';
import { drain } from './drain.js';
import type { Exchange } from './exchange.js';
import { faults, type GatewayError } from './gateway-errors.js';
import { isGrpc, writeGrpcFault } from './grpc-fault.js';
import { findHeader } from './header-lines.js';

/**
 * Writes a fault: JSON, or XML when the client's Accept prefers it, and no body for HEAD. The only place in the
 * gateway's request path that does. `headers` already has what the answer hooks added.
 */
export function writeFault(exchange: Exchange, error: GatewayError, headers: string[]): void {
  if (isGrpc(exchange)) {
    writeGrpcFault(exchange, error, headers);
    return;
  }
  const { response, method } = exchange;
  const { code, status, message } = faults[error.fault];
  const asXml = prefersXml(findHeader(exchange.rawHeaders, 'accept'));
  const facts = { code, message, description: error.description, ...error.more };
  const body = asXml ? xmlBody(facts) : JSON.stringify(facts);
  headers.push('Content-Type', asXml ? 'application/xml; charset=UTF-8' : 'application/json; charset=UTF-8');
  headers.push('Content-Length', String(Buffer.byteLength(body)), 'Cache-Control', 'no-store');
  // What a caller quotes to the operator, who finds every line of the request by it.
  headers.push('activityid', exchange.correlationId);
  response.writeHead(status, headers);
  response.end(method === 'HEAD' ? undefined : body);
  drain(exchange.request);
}

/** WSO2's element names and name spaces, with one prefix for authentication faults and one for all others. */
function xmlBody({ code, message, description, ...more }: FaultFacts): string {
  const isAuthentication = code.startsWith('9009');
  const prefix = isAuthentication ? 'ams' : 'am';
  const namespace = `http://wso2.org/apimanager${isAuthentication ? '/security' : ''}`;
  const type = isAuthentication ? '' : `<${prefix}:type>Status report</${prefix}:type>`;
  return (
    `<${prefix}:fault xmlns:${prefix}="${namespace}"><${prefix}:code>${code}</${prefix}:code>${type}` +
    `<${prefix}:message>${escapeXml(message)}</${prefix}:message>` +
    `<${prefix}:description>${escapeXml(description)}</${prefix}:description>` +
    Object.entries(more)
      .map(([name, value]) => `<${prefix}:${name}>${escapeXml(value)}</${prefix}:${name}>`)
      .join('') +
    `</${prefix}:fault>`
  );
}

interface FaultFacts extends Readonly<Record<string, string>> {
  readonly code: string;
  readonly message: string;
  readonly description: string;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
