import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { requireOwnName } from '../../identity-providers/federated-names.js';
import type { IdentityProvider } from '../../identity-providers/identity-provider.js';
import type { IdentityProviderStore } from '../../identity-providers/identity-provider-store.js';
import type { KeyManagerStore } from '../../key-managers/key-manager-store.js';
import type { Clock } from '../../oauth2/ports.js';
import { Refusal } from '../../refusal.js';
import { AlreadyExists } from '../../storage/errors.js';
import { isUuid } from '../../uuid.js';
import { audited } from '../rest/audited.js';
import { type Caller, token } from '../rest/caller.js';
import { listAnswer, pageOf, pageQuery } from '../rest/page.js';
import { type Route, route } from '../rest/route.js';
import { providerAnswer, providerBody, providerView, toProvider } from './identity-provider-schema.js';

export interface IdentityProviderRoutePorts {
  readonly identityProviders: IdentityProviderStore;
  readonly keyManagers: Pick<KeyManagerStore, 'listKeyManagers'>;
  readonly clock: Clock;
}

const admin = token('admin');
const one = '/identity-providers/{identityProviderId}';
const recorded = { name: 'answer.name', issuer: 'answer.idpIssuerName', enabled: 'answer.enabled' } as const;

/** Whose JWTs and SAML assertions the tenant believes; WSO2 has them in its Carbon console. */
export function identityProviderRoutes({ identityProviders, keyManagers, clock }: IdentityProviderRoutePorts): Route[] {
  const checkName = async (provider: IdentityProvider) =>
    requireOwnName(provider, await keyManagers.listKeyManagers(provider.tenantDomain));
  return [
    route({
      method: 'GET',
      path: '/identity-providers',
      summary: 'Issuers of assertions and subject tokens that the tenant trusts.',
      access: admin,
      query: z.object(pageQuery),
      answer: listAnswer(providerAnswer),
      handle: async ({ tenantDomain }, { query }) =>
        pageOf((await identityProviders.listProviders(tenantDomain)).map(providerView), query),
    }),
    route({
      method: 'POST',
      path: '/identity-providers',
      summary: 'Trusts another issuer.',
      access: admin,
      body: providerBody,
      status: 201,
      answer: providerAnswer,
      audit: audited('identity_provider.created', 'answer.id', recorded),
      async handle({ tenantDomain }, { body }) {
        const provider = toProvider(body, { id: randomUUID(), tenantDomain, createdAt: clock.now() });
        await checkName(provider);
        await unlessTaken(identityProviders.createProvider(provider));
        return providerView(provider);
      },
    }),
    route({
      method: 'GET',
      path: one,
      summary: 'One trusted issuer.',
      access: admin,
      answer: providerAnswer,
      handle: async (caller, { parameters }) =>
        providerView(await find(identityProviders, caller, parameters.identityProviderId)),
    }),
    route({
      method: 'PUT',
      path: one,
      summary: 'Changes a trusted issuer.',
      access: admin,
      body: providerBody,
      answer: providerAnswer,
      audit: audited('identity_provider.changed', 'path.identityProviderId', recorded),
      async handle(caller, { parameters, body }) {
        const before = await find(identityProviders, caller, parameters.identityProviderId);
        const provider = toProvider(body, before);
        await checkName(provider);
        await unlessTaken(identityProviders.updateProvider(provider));
        return providerView(provider);
      },
    }),
    route({
      method: 'DELETE',
      path: one,
      summary: 'Trusts an issuer no longer. Tokens that it led to live on until they end.',
      access: admin,
      audit: audited('identity_provider.deleted', 'path.identityProviderId'),
      async handle(caller, { parameters }) {
        const { tenantDomain, id } = await find(identityProviders, caller, parameters.identityProviderId);
        await identityProviders.deleteProvider(tenantDomain, id);
      },
    }),
  ];
}

async function find(store: IdentityProviderStore, { tenantDomain }: Caller, id: string): Promise<IdentityProvider> {
  const provider = isUuid(id) ? await store.findProvider(tenantDomain, id) : undefined;
  if (!provider) throw new Refusal('not_found', `Identity provider with id ${id} not found`);
  return provider;
}

async function unlessTaken(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    throw new Refusal('conflict', 'An identity provider with this name, issuer or SAML entity exists');
  }
}
