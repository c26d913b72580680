import { z } from 'zod';
import type { Api } from '../../apis/api.js';
import { isAccessibleTo } from '../../apis/visibility.js';
import type { EndpointCertificate } from '../../certificates/certificate.js';
import type { CertificateStore } from '../../certificates/certificate-store.js';
import { addressOf, isSameEndpoint } from '../../certificates/endpoint-urls.js';
import { certificateInfo, pemOf, readCertificates } from '../../certificates/read-certificate.js';
import type { Clock } from '../../oauth2/ports.js';
import { Refusal } from '../../refusal.js';
import { AlreadyExists } from '../../storage/errors.js';
import { displayUserName } from '../../users/user-name.js';
import { audited } from '../rest/audited.js';
import { type Caller, token } from '../rest/caller.js';
import { uploadedFile } from '../rest/multipart.js';
import { listAnswer, pageOf, pageQuery } from '../rest/page.js';
import { type Route, route } from '../rest/route.js';
import { aliasText, infoAnswer } from './client-certificate-routes.js';

export interface EndpointCertificateRoutePorts {
  readonly certificates: CertificateStore;
  readonly clock: Clock;
}

const mostPerTenant = 1_000;
const multipart = { maxBytes: 131_072 };
const all = '/endpoint-certificates';
const one = '/endpoint-certificates/{alias}';

const reading = token('ep_certificates_view', 'ep_certificates_manage', 'api_view', 'api_manage');
const metadata = z.object({ alias: z.string(), endpoint: z.string() });
const endpointUrl = z
  .string()
  .max(2_048)
  .refine((url) => addressOf(url) !== undefined, 'is not a URL');

/** Certificates that backends are believed by, beside those that gateways believe of everybody. */
export function endpointCertificateRoutes(ports: EndpointCertificateRoutePorts): Route[] {
  const { certificates, clock } = ports;
  return [
    route({
      method: 'GET',
      path: all,
      summary: 'Certificates of backends.',
      access: reading,
      query: z.object({
        ...pageQuery,
        alias: z.string().max(200).optional(),
        endpoint: z.string().max(2_048).optional(),
      }),
      answer: listAnswer(metadata),
      async handle({ tenantDomain }, { query: { alias, endpoint, ...page } }) {
        const found = (await certificates.listEndpointCertificates(tenantDomain))
          .filter((each) => alias === undefined || each.alias === alias)
          .filter((each) => endpoint === undefined || isSameEndpoint(each.endpoint, endpoint));
        const { list, ...rest } = pageOf(found.map(toMetadata), page);
        return { ...rest, certificates: list };
      },
    }),
    route({
      method: 'POST',
      path: all,
      summary: 'Certificates, PEM or DER, that a backend at this host and port is believed by.',
      access: token('ep_certificates_add', 'ep_certificates_manage', 'api_manage'),
      multipart,
      body: z.object({ certificate: uploadedFile, alias: aliasText, endpoint: endpointUrl }),
      status: 201,
      answer: metadata,
      audit: audited('endpoint_certificate.added', 'answer.alias', { endpoint: 'answer.endpoint' }),
      async handle({ tenantDomain }, { body: { alias, endpoint, certificate } }) {
        const pem = pemOf(readCertificates(certificate.bytes, clock.now()));
        const made = { tenantDomain, alias, endpoint, pem, createdAt: clock.now() };
        await add(certificates, made);
        return toMetadata(made);
      },
    }),
    ...oneRoutes(ports),
    usageRoute(ports),
  ];
}

function oneRoutes({ certificates, clock }: EndpointCertificateRoutePorts): Route[] {
  const find = (caller: Caller, alias: string) => findCertificate(certificates, caller, alias);
  return [
    route({
      method: 'GET',
      path: one,
      summary: 'Whom a certificate names, and how long.',
      access: reading,
      answer: infoAnswer,
      handle: async (caller, { parameters: { alias } }) =>
        certificateInfo((await find(caller, alias)).pem, clock.now()),
    }),
    route({
      method: 'PUT',
      path: one,
      summary: 'Other certificates under the same alias.',
      access: token('ep_certificates_update', 'ep_certificates_manage', 'api_manage'),
      multipart,
      body: z.object({ certificate: uploadedFile }),
      answer: metadata,
      audit: audited('endpoint_certificate.changed', 'path.alias', { endpoint: 'answer.endpoint' }),
      async handle(caller, { parameters: { alias }, body }) {
        const found = await find(caller, alias);
        const pem = pemOf(readCertificates(body.certificate.bytes, clock.now()));
        await certificates.changeEndpointCertificate(found.tenantDomain, alias, pem);
        return toMetadata(found);
      },
    }),
    route({
      method: 'DELETE',
      path: one,
      summary: 'Believes the backend by it no longer.',
      access: token('ep_certificates_manage', 'ep_certificates_update', 'api_manage'),
      audit: audited('endpoint_certificate.deleted', 'path.alias'),
      async handle(caller, { parameters: { alias } }) {
        const { tenantDomain } = await find(caller, alias);
        await certificates.deleteEndpointCertificate(tenantDomain, alias);
      },
    }),
  ];
}

function usageRoute({ certificates }: EndpointCertificateRoutePorts): Route {
  return route({
    method: 'GET',
    path: `${one}/usage`,
    summary: "APIs whose endpoint is the certificate's.",
    access: reading,
    query: z.object(pageQuery),
    answer: listAnswer(z.object({ id: z.string(), name: z.string(), context: z.string(), version: z.string() })),
    async handle(caller, { parameters: { alias }, query }) {
      const all = await certificates.listEndpointCertificates(caller.tenantDomain);
      const found = all.find((each) => each.alias === alias);
      const users = found ? await certificates.findApisByEndpoint(caller.tenantDomain, found.endpoint) : [];
      return pageOf(users.filter((api) => isAccessibleTo(api, caller)).map(toUsage), query);
    },
  });
}

async function findCertificate(certificates: CertificateStore, { tenantDomain }: Caller, alias: string) {
  const all = await certificates.listEndpointCertificates(tenantDomain);
  const found = all.find((each) => each.alias === alias);
  if (!found) throw new Refusal('not_found', `There is no certificate with alias ${alias}`);
  return found;
}

async function add(certificates: CertificateStore, certificate: EndpointCertificate): Promise<void> {
  try {
    if (await certificates.addEndpointCertificate(certificate, mostPerTenant)) return;
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    throw new Refusal('conflict', `The alias ${certificate.alias} exists`);
  }
  throw new Refusal('invalid', `A tenant has ${mostPerTenant} endpoint certificates at most`);
}

const toMetadata = ({ alias, endpoint }: EndpointCertificate) => ({ alias, endpoint });

const toUsage = ({ id, name, context, version, provider }: Api) => ({
  ...{ id, name, context, version },
  provider: displayUserName(provider),
});
