import type { Application, ClientRegistration, ClientSecret } from './application.js';

export type ApplicationChange = Partial<
  Pick<
    Application,
    'name' | 'throttlingPolicy' | 'description' | 'tokenType' | 'groups' | 'attributes' | 'visibility' | 'status'
  >
>;

export const ApplicationStore = Symbol('ApplicationStore');
/** Applications and their consumer keys. What gateways must know is appended to the catalogue in the same transaction. */
export interface ApplicationStore {
  /** Throws `AlreadyExists` when the owner has one of that name. */
  createApplication(application: Application): Promise<void>;
  findApplication(id: string): Promise<Application | undefined>;
  /** Those of one owner (or of the whole tenant without `owner`), in order of name; `query` is a part of the name. */
  listApplications(page: {
    tenantDomain: string;
    owner?: string;
    query?: string;
    offset: number;
    limit: number;
  }): Promise<{ applications: Application[]; total: number }>;
  /** Throws `NotFound`, or `AlreadyExists` for a name the owner has already. */
  updateApplication(id: string, change: ApplicationChange): Promise<Application>;
  /** Removes its keys and subscriptions too, and revokes the tokens of its clients. */
  deleteApplication(id: string): Promise<boolean>;
}

export const ClientRegistry = Symbol('ClientRegistry');
export interface ClientRegistry {
  /**
   * Throws `AlreadyExists` for the same client id, the same application and key type, or, where neither application nor
   * registration token tells them apart, the same owner and name. A client that proves itself otherwise has no secret.
   */
  registerClient(registration: ClientRegistration, secret: ClientSecret | undefined): Promise<void>;
  findRegistration(clientId: string): Promise<ClientRegistration | undefined>;
  findKeyMapping(keyMappingId: string): Promise<ClientRegistration | undefined>;
  /** A client without application, by who registered it and the name given (WSO2 DCR). */
  findRegistrationByName(owner: string, name: string): Promise<ClientRegistration | undefined>;
  /** How many clients without application somebody has. */
  countRegistrations(owner: string): Promise<number>;
  listRegistrations(applicationId: string): Promise<ClientRegistration[]>;
  /** Those that are live, the oldest first. */
  listSecrets(clientId: string): Promise<ClientSecret[]>;
  /** Throws `NotFound`, and `AlreadyExists` when the application has a key of that type. */
  updateRegistration(
    clientId: string,
    change: Partial<
      Pick<
        ClientRegistration,
        | 'name'
        | 'applicationId'
        | 'keyType'
        | 'mode'
        | 'grantTypes'
        | 'callbackUrl'
        | 'confidential'
        | 'active'
        | 'lifetimes'
        | 'additionalProperties'
        | 'metadata'
        | 'registrationTokenHash'
      >
    >,
  ): Promise<ClientRegistration>;
  /** Removes every secret and puts this one in their place. */
  replaceSecrets(clientId: string, secret: ClientSecret): Promise<void>;
  /** One more, good beside the others. False, and nothing added, when `most` are live already. Throws `NotFound`. */
  addSecret(clientId: string, secret: ClientSecret, most: number): Promise<boolean>;
  /** False when the client has no such secret. */
  deleteSecret(clientId: string, secretId: string): Promise<boolean>;
  /** Deletes the client and revokes its tokens. */
  deleteRegistration(clientId: string): Promise<boolean>;
}
