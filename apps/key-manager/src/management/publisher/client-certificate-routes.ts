import { z } from 'zod';
import { accessibleApi } from '../../apis/api-rules.js';
import type { ApiStore } from '../../apis/api-store.js';
import type { ClientCertificate } from '../../certificates/certificate.js';
import type { CertificateStore } from '../../certificates/certificate-store.js';
import { certificateInfo, readCertificate } from '../../certificates/read-certificate.js';
import type { Clock } from '../../oauth2/ports.js';
import type { PolicyStore } from '../../policies/policy-store.js';
import { requireTier } from '../../policies/tiers.js';
import { Refusal } from '../../refusal.js';
import { AlreadyExists } from '../../storage/errors.js';
import { audited } from '../rest/audited.js';
import { type Caller, token } from '../rest/caller.js';
import { uploadedFile } from '../rest/multipart.js';
import { listAnswer, pageOf, pageQuery } from '../rest/page.js';
import { type Route, route } from '../rest/route.js';

export interface ClientCertificateRoutePorts {
  readonly apis: ApiStore;
  readonly certificates: CertificateStore;
  readonly policies: PolicyStore;
  readonly clock: Clock;
}

/** Every gateway holds them all in memory, and looks through those of an API at each connection. */
const mostPerApi = 100;
const multipart = { maxBytes: 131_072 };

const reading = token('api_view', 'api_create', 'client_certificates_manage', 'api_manage');
const adding = token('client_certificates_add', 'client_certificates_manage', 'api_manage');
const changing = token('client_certificates_update', 'client_certificates_manage', 'api_manage');

export const aliasText = z.string().regex(/^[\w.@ -]{1,200}$/, 'is letters, digits and any of . _ @ - and blank');
const tier = z.string().min(1).max(255);
const metadata = z.object({ alias: z.string(), apiId: z.string(), tier: z.string() });
export const infoAnswer = z.object({
  status: z.enum(['Active', 'Expired']),
  validity: z.object({ from: z.string(), to: z.string() }),
  version: z.string(),
  subject: z.string(),
  fingerprint: z.string().describe('SHA-256.'),
});

/** Certificates that clients of an API may show (mutual TLS), for both kinds of endpoint or for one. */
export function clientCertificateRoutes(ports: ClientCertificateRoutePorts): Route[] {
  return [
    ...routesAt(ports, '/apis/{apiId}/client-certificates'),
    ...routesAt(ports, '/apis/{apiId}/client-certs/{keyType}'),
  ];
}

interface Named {
  readonly apiId: string;
  readonly keyType?: string;
}

function routesAt(
  ports: ClientCertificateRoutePorts,
  all: '/apis/{apiId}/client-certificates' | '/apis/{apiId}/client-certs/{keyType}',
): Route[] {
  const { certificates, policies, clock } = ports;
  const { api, list } = access(ports);
  return [
    route({
      method: 'GET',
      path: all,
      summary: 'Certificates that clients of the API may show.',
      access: reading,
      query: z.object({ ...pageQuery, alias: z.string().max(200).optional() }),
      answer: listAnswer(metadata),
      async handle(caller, { parameters, query: { alias, ...page } }) {
        const found = (await list(caller, parameters)).filter((each) => alias === undefined || each.alias === alias);
        const { list: entries, ...rest } = pageOf(found.map(toMetadata), page);
        return { ...rest, certificates: entries };
      },
    }),
    route({
      method: 'POST',
      path: all,
      summary: 'One more certificate, PEM or DER; gateways take it at once.',
      access: adding,
      multipart,
      body: z.object({ certificate: uploadedFile, alias: aliasText, tier: tier.default('Unlimited') }),
      status: 201,
      answer: metadata,
      audit: audited('client_certificate.added', 'path.apiId', { alias: 'answer.alias', tier: 'answer.tier' }),
      async handle(caller, { parameters, body: { alias, tier, certificate } }) {
        const keyType = keyTypeOf(parameters);
        const { id: apiId, tenantDomain } = await api(caller, parameters);
        await requireTier(policies, tenantDomain, 'subscription', tier);
        const pem = readCertificate(certificate.bytes, clock.now()).toString();
        const made: ClientCertificate = { apiId, tenantDomain, alias, pem, tier, createdAt: clock.now() };
        await add(certificates, keyType ? { ...made, keyType } : made);
        return toMetadata(made);
      },
    }),
    ...oneRoutes(ports, `${all}/{alias}`),
  ];
}

function oneRoutes(
  ports: ClientCertificateRoutePorts,
  one: '/apis/{apiId}/client-certificates/{alias}' | '/apis/{apiId}/client-certs/{keyType}/{alias}',
): Route[] {
  const { certificates, policies, clock } = ports;
  const { list } = access(ports);
  const find = async (caller: Caller, parameters: Named & { readonly alias: string }) => {
    const found = (await list(caller, parameters)).find(({ alias }) => alias === parameters.alias);
    if (!found) throw new Refusal('not_found', `The API has no certificate with alias ${parameters.alias}`);
    return found;
  };
  return [
    route({
      method: 'GET',
      path: one,
      summary: 'Whom a certificate names, and how long.',
      access: reading,
      answer: infoAnswer,
      handle: async (caller, { parameters }) => certificateInfo((await find(caller, parameters)).pem, clock.now()),
    }),
    route({
      method: 'PUT',
      path: one,
      summary: 'Another certificate or tier under the same alias.',
      access: changing,
      multipart,
      body: z.object({ certificate: uploadedFile.optional(), tier: tier.optional() }),
      answer: metadata,
      audit: audited('client_certificate.changed', 'path.apiId', { alias: 'path.alias', tier: 'answer.tier' }),
      async handle(caller, { parameters, body }) {
        const found = await find(caller, parameters);
        if (body.tier) await requireTier(policies, found.tenantDomain, 'subscription', body.tier);
        const { certificate } = body;
        const pem = certificate ? readCertificate(certificate.bytes, clock.now()).toString() : found.pem;
        const after = { ...found, pem, tier: body.tier ?? found.tier };
        await certificates.changeClientCertificate(found.apiId, found.alias, { pem, tier: after.tier });
        return toMetadata(after);
      },
    }),
    route({
      method: 'DELETE',
      path: one,
      summary: 'Takes the certificate no longer; gateways refuse it at once.',
      access: changing,
      audit: audited('client_certificate.deleted', 'path.apiId', { alias: 'path.alias' }),
      async handle(caller, { parameters }) {
        const { apiId, alias } = await find(caller, parameters);
        await certificates.deleteClientCertificate(apiId, alias);
      },
    }),
  ];
}

/** Those that count for the key type that a path names. */
function access({ apis, certificates }: ClientCertificateRoutePorts) {
  const api = (caller: Caller, { apiId }: Named) => accessibleApi(apis, caller, apiId);
  const list = async (caller: Caller, parameters: Named) => {
    const { id } = await api(caller, parameters);
    const keyType = keyTypeOf(parameters);
    const found = await certificates.listClientCertificates(id);
    return found.filter((each) => keyType === undefined || (each.keyType ?? keyType) === keyType);
  };
  return { api, list };
}

/** Undefined where the path has none: both kinds. */
function keyTypeOf({ keyType }: Named): 'PRODUCTION' | 'SANDBOX' | undefined {
  if (keyType === undefined || keyType === 'PRODUCTION' || keyType === 'SANDBOX') return keyType;
  throw new Refusal('not_found', 'No such key type');
}

async function add(certificates: CertificateStore, certificate: ClientCertificate): Promise<void> {
  try {
    if (await certificates.addClientCertificate(certificate, mostPerApi)) return;
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    throw new Refusal('conflict', `The alias ${certificate.alias} exists`);
  }
  throw new Refusal('invalid', `An API has ${mostPerApi} client certificates at most`);
}

const toMetadata = ({ alias, apiId, tier }: ClientCertificate) => ({ alias, apiId, tier });
