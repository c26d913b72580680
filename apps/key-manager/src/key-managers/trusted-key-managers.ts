import type { TrustedIssuer, TrustedIssuers } from '../oauth2/assertions/trusted-issuer.js';
import { certificatePem } from './check-key-manager.js';
import type { ForeignKeyManager } from './key-manager.js';
import type { KeyManagerStore } from './key-manager-store.js';

/**
 * WSO2: tokens of a key manager that has an alias, and is not DIRECT, may be exchanged. An identity provider for the same
 * issuer comes first: it says more, such as roles.
 */
export function withKeyManagers(
  providers: TrustedIssuers,
  keyManagers: Pick<KeyManagerStore, 'findKeyManagersByIssuer'>,
): TrustedIssuers {
  return {
    async findByIssuer(tenantDomain, issuer) {
      const provider = await providers.findByIssuer(tenantDomain, issuer);
      if (provider || issuer === '') return provider;
      // The oldest: one that is added later must not take the place of another.
      const [found] = (await keyManagers.findKeyManagersByIssuer(tenantDomain, issuer)).flatMap(
        (keyManager) => trustedIssuer(keyManager) ?? [],
      );
      return found;
    },
    findBySamlEntity: (tenantDomain, entityId) => providers.findBySamlEntity(tenantDomain, entityId),
  };
}

function trustedIssuer({ id, tenantDomain, name, issuer, tokenType, body }: ForeignKeyManager) {
  const { alias, certificates, claimMapping = [] } = body;
  if (tokenType === 'DIRECT' || !alias) return undefined;
  const pem = certificatePem(body);
  if (certificates?.type !== 'JWKS' && pem === undefined) return undefined;
  const keys = pem === undefined ? { jwksUri: certificates?.value } : { certificates: pem };
  const trusted: TrustedIssuer = {
    ...{ id, tenantDomain, name, issuer, audiences: [alias], ...keys },
    ...{ roleMapping: [], claimMapping, useLocalUser: false },
  };
  return trusted;
}
