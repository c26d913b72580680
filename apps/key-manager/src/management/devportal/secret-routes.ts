import { z } from 'zod';
import { generateSecret, listSecrets, revokeSecret, type ShownSecret } from '../../applications/consumer-secrets.js';
import { type KeyPorts, regenerateSecret } from '../../applications/keys.js';
import { audited } from '../rest/audited.js';
import { type Route, route } from '../rest/route.js';
import { access, keyPath, type OwnKey } from './own-key.js';

const secretBody = z
  .object({ additionalProperties: z.record(z.string().max(100), z.unknown()).nullish() })
  .nullish()
  .describe('description, and expiresIn in seconds');

const secretView = z.object({
  secretId: z.string(),
  secretValue: z.string(),
  additionalProperties: z.record(z.string(), z.unknown()),
});

/** The secrets of a consumer key (WSO2): several at once, so that one can be replaced without a gap. */
export function secretRoutes(ports: KeyPorts, ownKey: OwnKey): Route[] {
  return [
    route({
      method: 'POST',
      path: `${keyPath}/regenerate-secret`,
      summary: 'A new secret; the old ones are dead at once.',
      access,
      answer: z.object({ consumerKey: z.string(), consumerSecret: z.string() }),
      audit: audited('consumer_secret.regenerated', 'answer.consumerKey', { application: 'path.applicationId' }),
      async handle(caller, { parameters }) {
        const found = await ownKey(caller, parameters);
        return { consumerKey: found.registration.clientId, consumerSecret: await regenerateSecret(ports, found) };
      },
    }),
    route({
      method: 'POST',
      path: `${keyPath}/generate-secret`,
      summary: 'One more secret; the others stay good. Its value is shown in this answer only.',
      access,
      status: 201,
      body: secretBody,
      answer: secretView,
      audit: audited('consumer_secret.generated', 'answer.secretId', { key: 'path.keyMappingId' }),
      handle: async (caller, { parameters, body }) =>
        view(await generateSecret(ports, await ownKey(caller, parameters), body?.additionalProperties ?? {})),
    }),
    route({
      method: 'GET',
      path: `${keyPath}/secrets`,
      summary: 'The live secrets, their values masked.',
      access,
      answer: z.object({ count: z.int(), list: z.array(secretView) }),
      async handle(caller, { parameters }) {
        const list = (await listSecrets(ports, await ownKey(caller, parameters))).map(view);
        return { count: list.length, list };
      },
    }),
    route({
      method: 'POST',
      path: `${keyPath}/revoke-secret`,
      summary: 'Ends one secret at once; the others stay good.',
      access,
      status: 204,
      body: z.object({ secretId: z.string().min(1).max(255) }),
      audit: audited('consumer_secret.revoked', 'body.secretId', { key: 'path.keyMappingId' }),
      async handle(caller, { parameters, body }) {
        await revokeSecret(ports, await ownKey(caller, parameters), body.secretId);
      },
    }),
  ];
}

function view({ secret, value }: ShownSecret): z.output<typeof secretView> {
  const { id, description, expiresAt } = secret;
  return {
    secretId: id,
    secretValue: value,
    additionalProperties: {
      ...(description === undefined ? {} : { description }),
      ...(expiresAt === undefined ? {} : { expiresAt: Math.floor(expiresAt / 1_000) }),
    },
  };
}
