import type { FastifyPluginAsync } from 'fastify';
import { createEndpointCheck, type EndpointCheckSettings } from '../apis/endpoint-check.js';
import type { GatewayEnvironment } from '../apis/environments.js';
import { createSecretBox } from '../apis/secret-box.js';
import type { Clock, ResourceOwners } from '../oauth2/ports.js';
import { deriveClientSecret, newClientId } from '../oauth2/server-key.js';
import type { TokenEndpoint } from '../oauth2/token-endpoint.js';
import type { Callers } from '../operations/callers.js';
import { withoutUnlimited } from '../policies/without-unlimited.js';
import type { SigningKeys } from '../signing-keys/open-signing-keys.js';
import type { Storage } from '../storage/storage.js';
import type { UserAccounts } from '../users/user-accounts.js';
import { type ManagementPorts, planes } from './planes.js';
import { type RegistrationSettings, registrationPlugin } from './registration/registration-plugin.js';
import type { Authenticators } from './rest/authenticate.js';
import { bearerAuthentication } from './rest/bearer-authentication.js';
import { restPlugin } from './rest/register.js';

/** What the key manager is made of, as far as the REST APIs use it. */
export interface ManagementParts {
  readonly storage: Storage;
  readonly accounts: UserAccounts;
  readonly resourceOwners: ResourceOwners;
  readonly tokenEndpoint: TokenEndpoint;
  readonly callers: Callers;
  /** Server key: client secrets are derived with it, secrets of endpoints are sealed under it. */
  readonly secretKey: Buffer;
  readonly environments: readonly GatewayEnvironment[];
  /** How many gateways of an environment follow the catalogue now. */
  readonly liveGateways: (environment: string) => number;
  readonly clock: Clock;
  readonly signing: Pick<SigningKeys, 'rotation' | 'ring'>;
  /** RFC 7591. */
  readonly registration: RegistrationSettings;
  readonly throttling: { readonly unlimitedTier: boolean };
  readonly endpointChecks?: EndpointCheckSettings;
  /** The grants that are enabled. */
  readonly grantTypes: readonly string[];
}

const usualChecks: EndpointCheckSettings = { addresses: { allowPrivateNetworks: true }, authorities: [] };

/**
 * The REST APIs as one Fastify plugin. They are tables of routes and not controllers, because who may call what is
 * data there: what is registered, the OpenAPI documents and the authorisation test are all made from the same rows.
 */
export function managementPlugin(parts: ManagementParts): FastifyPluginAsync {
  const { ports, authenticators } = connect(parts);
  return async (fastify) => {
    for (const plane of planes(ports)) await fastify.register(restPlugin(plane, authenticators, ports.auditLog));
    await fastify.register(registrationPlugin({ ...ports, ...parts }, authenticators, parts.registration));
  };
}

/** The parts under the names by which the rooms ask for them. */
export function connect(parts: ManagementParts): { ports: ManagementPorts; authenticators: Authenticators } {
  const { storage, accounts, resourceOwners, tokenEndpoint, secretKey, environments, liveGateways, clock } = parts;
  const { origin } = parts.registration;
  const issuer = `${origin}/oauth2/token`;
  const ownNames = [origin, issuer];
  const credentials = { newClientId, clientSecret: (secretId: string) => deriveClientSecret(secretKey, secretId) };
  return {
    ports: {
      ...storage,
      policies: parts.throttling.unlimitedTier ? storage.policies : withoutUnlimited(storage.policies),
      clients: storage.clientRegistry,
      credentials,
      secretBox: createSecretBox(secretKey),
      accounts,
      resourceOwners,
      tokenEndpoint,
      environments,
      liveGateways,
      clock,
      rotation: parts.signing.rotation,
      checkEndpoint: createEndpointCheck(parts.endpointChecks ?? usualChecks, storage.certificates),
      issuer,
      grantTypes: parts.grantTypes,
      internalKeys: { signer: parts.signing.ring, issuer, clock },
    },
    authenticators: {
      callers: parts.callers,
      passwords: resourceOwners,
      bearer: bearerAuthentication({
        tokens: storage.tokens,
        clients: storage.clients,
        owners: resourceOwners,
        clock,
        ownNames,
      }),
    },
  };
}
