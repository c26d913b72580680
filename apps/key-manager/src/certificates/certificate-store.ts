import type { Api } from '../apis/api.js';
import type { ClientCertificate, EndpointCertificate } from './certificate.js';

export const CertificateStore = Symbol('CertificateStore');
/** Gateways are told at once of the APIs that a change concerns. */
export interface CertificateStore {
  /** False, and nothing added, when the API has `most`. Throws `AlreadyExists` for the alias, `NotFound` for the API. */
  addClientCertificate(certificate: ClientCertificate, most: number): Promise<boolean>;
  /** In order of alias. */
  listClientCertificates(apiId: string): Promise<ClientCertificate[]>;
  /** False when it isn't there. */
  changeClientCertificate(
    apiId: string,
    alias: string,
    change: { readonly pem?: string; readonly tier?: string },
  ): Promise<boolean>;
  deleteClientCertificate(apiId: string, alias: string): Promise<boolean>;

  /** False, and nothing added, when the tenant has `most`. Throws `AlreadyExists` for the alias. */
  addEndpointCertificate(certificate: EndpointCertificate, most: number): Promise<boolean>;
  /** In order of alias. */
  listEndpointCertificates(tenantDomain: string): Promise<EndpointCertificate[]>;
  changeEndpointCertificate(tenantDomain: string, alias: string, pem: string): Promise<boolean>;
  deleteEndpointCertificate(tenantDomain: string, alias: string): Promise<boolean>;
  /** APIs of the tenant, as they are being worked on, that call exactly this URL. */
  findApisByEndpoint(tenantDomain: string, endpoint: string): Promise<Api[]>;
}
