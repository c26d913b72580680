import { z } from 'zod';
import type { ApplicationStore } from '../../applications/application-store.js';
import { ownApplication } from '../../applications/applications.js';
import {
  findKey,
  generateKeys,
  type KeyPorts,
  listKeys,
  regenerateSecret,
  updateKey,
} from '../../applications/keys.js';
import { requireResidentKeyManager } from '../../applications/resident-key-manager.js';
import type { TokenEndpoint } from '../../oauth2/token-endpoint.js';
import { audited } from '../rest/audited.js';
import type { Caller } from '../rest/caller.js';
import { token } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';
import { applicationKey, generateKeysBody, keyBody, toApplicationKey } from './application-schema.js';
import { applicationToken, generateToken, tokenBody } from './application-token.js';

export interface KeyRoutePorts extends KeyPorts {
  readonly applications: ApplicationStore;
  readonly tokenEndpoint: TokenEndpoint;
}

const access = token('subscribe', 'app_manage');
const key = '/applications/{applicationId}/oauth-keys/{keyMappingId}';

export function keyRoutes(ports: KeyRoutePorts): Route[] {
  const own = (caller: Caller, { applicationId }: { applicationId: string }) =>
    ownApplication(ports.applications, caller, applicationId);
  const ownKey = async (caller: Caller, parameters: { applicationId: string; keyMappingId: string }) =>
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
      path: key,
      summary: 'One consumer key.',
      access,
      answer: applicationKey,
      handle: async (caller, { parameters }) => toApplicationKey(await ownKey(caller, parameters)),
    }),
    ...changingRoutes(ports, ownKey),
    ...secretRoutes(ports, ownKey),
  ];
}

type OwnKey = (
  caller: Caller,
  parameters: { applicationId: string; keyMappingId: string },
) => ReturnType<typeof findKey>;

function changingRoutes(ports: KeyRoutePorts, ownKey: OwnKey): Route[] {
  return [
    route({
      method: 'PUT',
      path: key,
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
      path: key,
      summary: 'Deletes a consumer key and revokes its tokens.',
      access,
      audit: audited('consumer_key.deleted', 'path.keyMappingId', { application: 'path.applicationId' }),
      async handle(caller, { parameters }) {
        const { registration } = await ownKey(caller, parameters);
        await ports.clients.deleteRegistration(registration.clientId);
      },
    }),
  ];
}

function secretRoutes(ports: KeyRoutePorts, ownKey: OwnKey): Route[] {
  return [
    route({
      method: 'POST',
      path: `${key}/generate-token`,
      summary: 'A token for the application itself (client_credentials).',
      access,
      body: tokenBody,
      answer: applicationToken,
      handle: async (caller, { parameters, body }) =>
        generateToken(ports.tokenEndpoint, await ownKey(caller, parameters), body),
    }),
    route({
      method: 'POST',
      path: `${key}/regenerate-secret`,
      summary: 'A new secret; the old one is dead at once.',
      access,
      answer: z.object({ consumerKey: z.string(), consumerSecret: z.string() }),
      audit: audited('consumer_secret.regenerated', 'answer.consumerKey', { application: 'path.applicationId' }),
      async handle(caller, { parameters }) {
        const found = await ownKey(caller, parameters);
        return {
          consumerKey: found.registration.clientId,
          consumerSecret: await regenerateSecret(ports, found),
        };
      },
    }),
  ];
}
