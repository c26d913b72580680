import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { IdentityProvider } from '../identity-providers/identity-provider.js';
import { AlreadyExists, InvalidValue } from './errors.js';
import type { Subject } from './fixtures.contract.js';

const some = (what: string) => `${what}-${randomBytes(5).toString('hex')}`;

export function identityProviderStoreContract({ storage, clock }: Subject): void {
  const store = () => storage().identityProviders;
  const provider = (change: Partial<IdentityProvider> = {}): IdentityProvider => ({
    id: randomUUID(),
    tenantDomain: 'carbon.super',
    name: some('idp'),
    issuer: `https://${some('issuer')}.example.com`,
    audiences: ['https://us.example.com'],
    certificates: '-----BEGIN CERTIFICATE-----',
    saml: { entityId: some('entity'), certificates: 'pem' },
    roleClaim: 'groups',
    roleMapping: [{ remoteRole: 'Ops', localRole: 'operators' }],
    claimMapping: [{ remoteClaim: 'mail', localClaim: 'email' }],
    useLocalUser: true,
    description: 'd',
    enabled: true,
    createdAt: clock.now(),
    ...change,
  });

  it('finds a provider by id, issuer and SAML entity, in its own tenant', async () => {
    const made = provider();
    await store().createProvider(made);
    const { tenantDomain, id, issuer, saml } = made;
    expect(await store().findProvider(tenantDomain, id)).toEqual(made);
    expect(await store().findByIssuer(tenantDomain, issuer)).toEqual(made);
    expect(await store().findBySamlEntity(tenantDomain, saml?.entityId ?? '')).toEqual(made);
    expect(await store().listProviders(tenantDomain)).toContainEqual(made);
    for (const other of ['elsewhere.com', '']) {
      expect(await store().findProvider(other, id)).toBeUndefined();
      expect(await store().findByIssuer(other, issuer)).toBeUndefined();
      expect(await store().findBySamlEntity(other, saml?.entityId ?? '')).toBeUndefined();
      expect(await store().deleteProvider(other, id)).toBe(false);
    }
    expect(await store().findByIssuer(tenantDomain, `${issuer}/`)).toBeUndefined();
    expect(await store().findByIssuer(tenantDomain, 'nul\0')).toBeUndefined();
    expect(await store().findBySamlEntity(tenantDomain, 'half \ud800')).toBeUndefined();
  });

  it('trusts none that is switched off', async () => {
    const made = provider({ enabled: false });
    await store().createProvider(made);
    expect(await store().findByIssuer(made.tenantDomain, made.issuer)).toBeUndefined();
    expect(await store().findBySamlEntity(made.tenantDomain, made.saml?.entityId ?? '')).toBeUndefined();
    expect(await store().findProvider(made.tenantDomain, made.id)).toEqual(made);
  });

  it('lets names, issuers and SAML entities be taken once in a tenant', async () => {
    const made = provider();
    await store().createProvider(made);
    for (const taken of [{ name: made.name }, { issuer: made.issuer }, { saml: made.saml }]) {
      await expect(store().createProvider(provider(taken))).rejects.toThrow(AlreadyExists);
      await store().createProvider(provider({ ...taken, tenantDomain: some('tenant') }));
      const other = provider();
      await store().createProvider(other);
      await expect(store().updateProvider({ ...other, ...taken })).rejects.toThrow(AlreadyExists);
    }
    await store().createProvider(provider({ saml: undefined }));
    await store().createProvider(provider({ saml: undefined }));
    await expect(store().createProvider(provider({ description: 'nul\0' }))).rejects.toThrow(InvalidValue);
  });

  it('changes and deletes a provider', async () => {
    const made = provider();
    await store().createProvider(made);
    const { certificates: _, saml: __, ...rest } = made;
    const changed = { ...rest, name: some('renamed'), jwksUri: 'https://idp.example.com/jwks', roleMapping: [] };
    expect(await store().updateProvider({ ...changed, createdAt: 1 })).toBe(true);
    expect(await store().findProvider(made.tenantDomain, made.id)).toEqual(changed);
    expect(await store().findBySamlEntity(made.tenantDomain, made.saml?.entityId ?? '')).toBeUndefined();
    expect(await store().updateProvider(provider())).toBe(false);
    expect(await store().deleteProvider(made.tenantDomain, made.id)).toBe(true);
    expect(await store().deleteProvider(made.tenantDomain, made.id)).toBe(false);
    expect(await store().findByIssuer(made.tenantDomain, made.issuer)).toBeUndefined();
  });
}
