import { createPublicKey } from 'node:crypto';
import { type KeySet, keySetOfCertificates, parseKeySet } from '@keygate/common/jose';
import type { KeyManager } from '@keygate/proto/keymanager/v1/catalog';
import type { CatalogEntities } from './catalog-entities.js';

/** A key manager of somebody else whose JWTs are taken (WSO2: a key manager of another type). */
export interface ForeignKeyManager {
  readonly name: string;
  readonly tenantDomain: string;
  readonly issuer: string;
  /** Its tokens have to be exchanged for ours first (WSO2: token type EXCHANGED). */
  readonly mustBeExchanged: boolean;
  /** Where its keys are, or certificates or a public key; undefined: nothing that a token could be judged by. */
  readonly keys: { readonly uri: string } | { readonly pem: string } | undefined;
  readonly consumerKeyClaim: string;
  readonly scopesClaim: string;
  /** Remote name to local name. */
  readonly claimMapping: ReadonlyMap<string, string>;
}

/** By issuer. */
export type ForeignIssuers = ReadonlyMap<string, ForeignKeyManager>;

/** By tenant: an issuer is believed in the tenants that named it and nowhere else. */
export function compileKeyManagers(
  { keyManagers }: CatalogEntities,
  problems: string[],
): ReadonlyMap<string, ForeignIssuers> {
  const byTenant = new Map<string, Map<string, ForeignKeyManager>>();
  // Where several key managers of a tenant name the same issuer, the oldest counts: a later one takes over nothing.
  const oldestFirst = [...keyManagers.values()].sort((one, other) => one.createdAt - other.createdAt);
  for (const wire of oldestFirst) {
    if (!wire.enabled || wire.issuer === '') continue;
    const compiled = compiledOnce(wire);
    if (compiled.keys === undefined && !compiled.mustBeExchanged) {
      problems.push(`key manager ${wire.name} of ${wire.tenantDomain}: has no key that can be used`);
    }
    const issuers = byTenant.get(wire.tenantDomain) ?? new Map<string, ForeignKeyManager>();
    if (issuers.has(wire.issuer)) problems.push(`key manager ${wire.name}: its issuer has another one already`);
    else issuers.set(wire.issuer, compiled);
    byTenant.set(wire.tenantDomain, issuers);
  }
  return byTenant;
}

const known = new WeakMap<KeyManager, ForeignKeyManager>();

function compiledOnce(wire: KeyManager): ForeignKeyManager {
  let compiled = known.get(wire);
  if (compiled === undefined) {
    compiled = {
      name: wire.name,
      tenantDomain: wire.tenantDomain,
      issuer: wire.issuer,
      mustBeExchanged: wire.tokenType === 'EXCHANGED',
      keys: sourceOf(wire),
      consumerKeyClaim: wire.consumerKeyClaim || 'azp',
      scopesClaim: wire.scopesClaim || 'scope',
      claimMapping: new Map(Object.entries(wire.claimMapping)),
    };
    known.set(wire, compiled);
  }
  return compiled;
}

function sourceOf({ jwksUri, pem }: KeyManager): ForeignKeyManager['keys'] {
  if (jwksUri !== '') return { uri: jwksUri };
  return keysIn(pem, Date.now()) === undefined ? undefined : { pem };
}

/** The keys of certificates that are valid now, or a public key; undefined when there are none that can be used. */
export function keysIn(pem: string, now: number): KeySet | undefined {
  try {
    const keys = pem.includes('-----BEGIN CERTIFICATE-----')
      ? keySetOfCertificates(pem, now)
      : parseKeySet({ keys: [createPublicKey(pem).export({ format: 'jwk' })] });
    return keys?.keys.length ? keys : undefined;
  } catch {
    return undefined;
  }
}

/** WSO2's name for ours, wherever key managers are listed. */
export const residentKeyManager = 'Resident Key Manager';

/** What a consumer key of a foreign key manager is found by. No part can hold a line break. */
export function foreignConsumer(tenantDomain: string, keyManager: string, consumerKey: string): string {
  return `${tenantDomain}\n${keyManager}\n${consumerKey}`;
}
