import type { Api } from '@keygate/proto/keymanager/v1/catalog';
import type { CompiledCors } from './compiled-catalog.js';

/** What the gateway says where an API says nothing (WSO2: apim.cors). */
export interface CorsDefaults {
  readonly allowOrigins: readonly string[];
  readonly allowCredentials: boolean;
  readonly allowHeaders: readonly string[];
  /** Empty: the verbs of the resource asked for. */
  readonly allowMethods: readonly string[];
}

/** WSO2's default; without `authorization` no browser could send its token. */
export const usualCors: CorsDefaults = {
  allowOrigins: ['*'],
  allowCredentials: false,
  allowHeaders: ['authorization', 'Access-Control-Allow-Origin', 'Content-Type', 'SOAPAction'],
  allowMethods: [],
};

/** An API's own settings, else those of the gateway; undefined when the API switched them off. */
export function compileCors(
  { cors }: Pick<Api, 'cors'>,
  credentialHeaders: readonly string[],
  defaults: CorsDefaults,
): CompiledCors | undefined {
  if (cors?.enabled === false) return undefined;
  return corsOf(cors ?? defaults, credentialHeaders);
}

export function corsOf(given: CorsDefaults, credentialHeaders: readonly string[]): CompiledCors {
  const allowOrigins = new Set(given.allowOrigins);
  const allowsAnyOrigin = allowOrigins.has('*');
  return {
    allowOrigins,
    allowsAnyOrigin,
    // A wildcard with credentials would let every site act for the user; browsers refuse it too.
    allowCredentials: given.allowCredentials && !allowsAnyOrigin,
    allowHeaders: withHeaders(given.allowHeaders, credentialHeaders).join(', '),
    allowMethods: given.allowMethods.join(', '),
  };
}

/** A header that carries credentials has to be allowed as well. */
function withHeaders(allowHeaders: readonly string[], own: readonly string[]): readonly string[] {
  const known = new Set(allowHeaders.map((name) => name.toLowerCase()));
  return [...allowHeaders, ...own.filter((name) => name !== '' && !known.has(name.toLowerCase()))];
}
