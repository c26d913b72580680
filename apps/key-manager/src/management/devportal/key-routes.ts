import { z } from 'zod';
import type { Application } from '../../applications/application.js';
import type { ApplicationStore } from '../../applications/application-store.js';
import { ownApplication } from '../../applications/applications.js';
import { type ForeignKeyPorts, mapForeignKey } from '../../applications/foreign-keys.js';
import { findKey, generateKeys, type KeyPorts, updateKey } from '../../applications/keys.js';
import { mapKeys } from '../../applications/mapped-keys.js';
import type { KeyManagerStore } from '../../key-managers/key-manager-store.js';
import { namedKeyManager, requireResident } from '../../key-managers/key-managers.js';
import type { TokenEndpoint } from '../../oauth2/token-endpoint.js';
import { audited } from '../rest/audited.js';
import type { Caller } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';
import {
  applicationKey,
  generateKeysBody,
  keyBody,
  mapKeysBody,
  toApplicationKey,
  toForeignApplicationKey,
} from './application-schema.js';
import { applicationToken, generateToken, tokenBody } from './application-token.js';
import { access, allKeys, keyPath, type OwnKey } from './own-key.js';
import { secretRoutes } from './secret-routes.js';

export interface KeyRoutePorts extends KeyPorts, ForeignKeyPorts {
  readonly keyManagers: Pick<KeyManagerStore, 'listKeyManagers'>;
  readonly applications: ApplicationStore;
  readonly tokenEndpoint: TokenEndpoint;
}

export function keyRoutes(ports: KeyRoutePorts): Route[] {
  const own = (caller: Caller, { applicationId }: { applicationId: string }) =>
    ownApplication(ports.applications, caller, applicationId);
  const ownKey: OwnKey = async (caller, parameters) =>
    findKey(ports, await own(caller, parameters), parameters.keyMappingId);
  return [
    route({
      method: 'POST',
      path: '/applications/{applicationId}/generate-keys',
      summary: 'Makes the consumer key and secret for one key type.',
      access,
      body: generateKeysBody,
      answer: applicationKey,
      audit: audited('consumer_key.generated', 'answer.consumerKey', {
        application: 'path.applicationId',
        keyType: 'body.keyType',
        grantTypes: 'body.grantTypesToBeSupported',
      }),
      async handle(caller, { parameters, body }) {
        const application = await own(caller, parameters);
        requireResident(await namedKeyManager(ports.keyManagers, caller.tenantDomain, body.keyManager));
        const made = await generateKeys(ports, application, body.keyType, {
          grantTypes: body.grantTypesToBeSupported,
          callbackUrl: body.callbackUrl ?? '',
          additionalProperties: body.additionalProperties ?? {},
        });
        return toApplicationKey(made);
      },
    }),
    route({
      method: 'POST',
      path: '/applications/{applicationId}/map-keys',
      summary: 'Gives the application a client that exists, or takes over a consumer key and secret made elsewhere.',
      access,
      body: mapKeysBody,
      answer: applicationKey,
      audit: audited('consumer_key.mapped', 'answer.consumerKey', {
        application: 'path.applicationId',
        keyType: 'body.keyType',
        keyManager: 'answer.keyManager',
      }),
      async handle(caller, { parameters, body }) {
        const application = await own(caller, parameters);
        const keyManager = await namedKeyManager(ports.keyManagers, caller.tenantDomain, body.keyManager);
        if (keyManager) return toForeignApplicationKey(await mapForeignKey(ports, application, keyManager, body));
        const consumerSecret = body.consumerSecret ?? undefined;
        return toApplicationKey(await mapKeys(ports, application, { ...body, consumerSecret }));
      },
    }),
    ...readingRoutes(ports, ownKey, own),
    ...changingRoutes(ports, ownKey, own),
    ...secretRoutes(ports, ownKey),
  ];
}

type OwnApplication = (caller: Caller, parameters: { applicationId: string }) => Promise<Application>;

function readingRoutes(ports: KeyRoutePorts, ownKey: OwnKey, own: OwnApplication): Route[] {
  const foreignKey = async ({ id }: Application, keyMappingId: string) =>
    (await ports.foreignKeys.listForeignKeys(id)).find((key) => key.keyMappingId === keyMappingId);
  return [
    route({
      method: 'GET',
      path: '/applications/{applicationId}/oauth-keys',
      summary: 'The consumer keys of an application.',
      access,
      answer: z.object({ count: z.int(), list: z.array(applicationKey) }),
      async handle(caller, { parameters }) {
        const list = await allKeys(ports, await own(caller, parameters));
        return { count: list.length, list };
      },
    }),
    route({
      method: 'GET',
      path: keyPath,
      summary: 'One consumer key.',
      access,
      answer: applicationKey,
      async handle(caller, { parameters }) {
        const foreign = await foreignKey(await own(caller, parameters), parameters.keyMappingId);
        return foreign ? toForeignApplicationKey(foreign) : toApplicationKey(await ownKey(caller, parameters));
      },
    }),
  ];
}

function changingRoutes(ports: KeyRoutePorts, ownKey: OwnKey, own: OwnApplication): Route[] {
  const remove = async (...named: Parameters<OwnKey>) => {
    const { id } = await own(...named);
    if (await ports.foreignKeys.deleteForeignKey(id, named[1].keyMappingId)) return;
    const { registration } = await ownKey(...named);
    await ports.clients.deleteRegistration(registration.clientId);
  };
  return [
    route({
      method: 'PUT',
      path: keyPath,
      summary: 'Changes grant types, callback URL and properties; effective with the next token request.',
      access,
      body: keyBody,
      answer: applicationKey,
      audit: audited('consumer_key.changed', 'answer.consumerKey', {
        application: 'path.applicationId',
        grantTypes: 'body.supportedGrantTypes',
      }),
      async handle(caller, { parameters, body }) {
        const found = await ownKey(caller, parameters);
        const changed = await updateKey(ports, found, {
          grantTypes: body.supportedGrantTypes,
          callbackUrl: body.callbackUrl ?? found.registration.callbackUrl,
          additionalProperties: body.additionalProperties ?? found.registration.additionalProperties,
        });
        return toApplicationKey(changed);
      },
    }),
    route({
      method: 'DELETE',
      path: keyPath,
      summary: 'Deletes a consumer key and revokes its tokens.',
      access,
      audit: audited('consumer_key.deleted', 'path.keyMappingId', { application: 'path.applicationId' }),
      handle: (caller, { parameters }) => remove(caller, parameters),
    }),
    route({
      method: 'POST',
      path: `${keyPath}/clean-up`,
      summary: 'Removes what is left of a consumer key, as DELETE does, so that keys can be generated anew.',
      access,
      audit: audited('consumer_key.deleted', 'path.keyMappingId', { application: 'path.applicationId' }),
      handle: (caller, { parameters }) => remove(caller, parameters),
    }),
    route({
      method: 'POST',
      path: `${keyPath}/generate-token`,
      summary: 'A token for the application itself (client_credentials).',
      access,
      body: tokenBody,
      answer: applicationToken,
      handle: async (caller, { parameters, body }) =>
        generateToken(ports.tokenEndpoint, await ownKey(caller, parameters), body),
    }),
  ];
}
