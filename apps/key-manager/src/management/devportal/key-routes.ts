import { z } from 'zod';
import type { ApplicationStore } from '../../applications/application-store.js';
import { ownApplication } from '../../applications/applications.js';
import { findKey, generateKeys, type KeyPorts, listKeys, updateKey } from '../../applications/keys.js';
import { mapKeys } from '../../applications/mapped-keys.js';
import { requireResidentKeyManager } from '../../applications/resident-key-manager.js';
import type { TokenEndpoint } from '../../oauth2/token-endpoint.js';
import { audited } from '../rest/audited.js';
import type { Caller } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';
import { applicationKey, generateKeysBody, keyBody, mapKeysBody, toApplicationKey } from './application-schema.js';
import { applicationToken, generateToken, tokenBody } from './application-token.js';
import { access, keyPath, type OwnKey } from './own-key.js';
import { secretRoutes } from './secret-routes.js';

export interface KeyRoutePorts extends KeyPorts {
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
        requireResidentKeyManager(body.keyManager);
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
      }),
      async handle(caller, { parameters, body }) {
        const application = await own(caller, parameters);
        requireResidentKeyManager(body.keyManager);
        const consumerSecret = body.consumerSecret ?? undefined;
        return toApplicationKey(await mapKeys(ports, application, { ...body, consumerSecret }));
      },
    }),
    route({
      method: 'GET',
      path: '/applications/{applicationId}/oauth-keys',
      summary: 'The consumer keys of an application.',
      access,
      answer: z.object({ count: z.int(), list: z.array(applicationKey) }),
      async handle(caller, { parameters }) {
        const list = (await listKeys(ports, await own(caller, parameters))).map(toApplicationKey);
        return { count: list.length, list };
      },
    }),
    route({
      method: 'GET',
      path: keyPath,
      summary: 'One consumer key.',
      access,
      answer: applicationKey,
      handle: async (caller, { parameters }) => toApplicationKey(await ownKey(caller, parameters)),
    }),
    ...changingRoutes(ports, ownKey),
    ...secretRoutes(ports, ownKey),
  ];
}

function changingRoutes(ports: KeyRoutePorts, ownKey: OwnKey): Route[] {
  const remove = async (...named: Parameters<OwnKey>) => {
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
