import type { TrustedIssuers } from '../oauth2/assertions/trusted-issuer.js';
import type { IdentityProvider } from './identity-provider.js';

export const IdentityProviderStore = Symbol('IdentityProviderStore');
/** Names, issuers and SAML entities are unique in a tenant: two that answer to one issuer would make trust a coincidence. */
export interface IdentityProviderStore extends TrustedIssuers {
  /** Throws `AlreadyExists` when the name, the issuer or the SAML entity is taken. */
  createProvider(provider: IdentityProvider): Promise<void>;
  /** Replaces all but id, tenant and time of creation; false when it isn't there. Throws `AlreadyExists`. */
  updateProvider(provider: IdentityProvider): Promise<boolean>;
  /** False when it isn't there. */
  deleteProvider(tenantDomain: string, id: string): Promise<boolean>;
  findProvider(tenantDomain: string, id: string): Promise<IdentityProvider | undefined>;
  /** By name. */
  listProviders(tenantDomain: string): Promise<IdentityProvider[]>;
}
