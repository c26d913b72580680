import type { KeyType } from '../oauth2/model.js';

/** A certificate that clients of one API may show (WSO2: client certificate). Public, so nothing of it is secret. */
export interface ClientCertificate {
  readonly apiId: string;
  readonly tenantDomain: string;
  /** Unique in the API. */
  readonly alias: string;
  /** One certificate, PEM. */
  readonly pem: string;
  /** Subscription tier of who shows it. */
  readonly tier: string;
  /** Absent: for both kinds of endpoint. */
  readonly keyType?: KeyType | undefined;
  readonly createdAt: number;
}

/** Certificates that backends at one address may show (WSO2: endpoint certificate). */
export interface EndpointCertificate {
  readonly tenantDomain: string;
  /** Unique in the tenant. */
  readonly alias: string;
  /** The URL it was given for; what is believed of its host and port. */
  readonly endpoint: string;
  /** One or several, PEM. */
  readonly pem: string;
  readonly createdAt: number;
}

/** What gateways are told with a deployed API. */
export interface ApiCertificates {
  readonly client: readonly ClientCertificate[];
  /** Those of the tenant. */
  readonly endpoints: readonly EndpointCertificate[];
}
