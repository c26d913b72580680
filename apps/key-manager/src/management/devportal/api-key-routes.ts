import { z } from 'zod';
import type { ApiKey, ApiKeysOf } from '../../applications/api-key.js';
import { type ApiKeyPorts, generateApiKey, revokeApiKey } from '../../applications/api-keys.js';
import type { ApplicationStore } from '../../applications/application-store.js';
import { ownApplication } from '../../applications/applications.js';
import { Refusal } from '../../refusal.js';
import { audited } from '../rest/audited.js';
import { type Caller, token } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';

const access = token('subscribe', 'app_manage', 'api_key');
const keys = '/applications/{applicationId}/api-keys/{keyType}';

const list = z.string().max(8_192).nullish();
const additionalProperties = z.looseObject({
  permittedIP: list.describe('Addresses and CIDR ranges, with commas.'),
  permittedReferer: list.describe('host/path, host/* or *.host/*, with commas.'),
});

const wishes = z.object({
  keyName: z.string().trim().min(1).max(255).nullish(),
  validityPeriod: z
    .int()
    .max(3_155_760_000)
    .refine((seconds) => seconds === -1 || seconds > 0, 'is a number of seconds, or -1 for never')
    .nullish(),
  additionalProperties: additionalProperties.nullish(),
});

const named = z.union([
  z.object({ keyUUID: z.string().max(64) }),
  z.object({ apikey: z.string().min(1).max(1_024) }).describe('WSO2 before 4.7.'),
]);

const entry = z.object({
  keyUUID: z.string(),
  keyName: z.string(),
  issuedOn: z.string(),
  validityPeriod: z.int().describe('Seconds from issuedOn; -1: for good.'),
  lastUsed: z.string().nullable().describe('To about a quarter of an hour.'),
  additionalProperties: z.object({ permittedIP: z.string(), permittedReferer: z.string() }),
});

export type ApiKeyRoutePorts = ApiKeyPorts & { readonly applications: ApplicationStore };

/** WSO2: keys that an application shows as they are, without a token endpoint. */
export function apiKeyRoutes(ports: ApiKeyRoutePorts): Route[] {
  const own = async (caller: Caller, { applicationId, keyType }: { applicationId: string; keyType: string }) => {
    const application = await ownApplication(ports.applications, caller, applicationId);
    if (keyType !== 'PRODUCTION' && keyType !== 'SANDBOX') throw new Refusal('not_found', 'No such key type');
    const of: ApiKeysOf = { applicationId, keyType, owner: caller.subject };
    return { application, of };
  };
  return [
    route({
      method: 'POST',
      path: `${keys}/generate`,
      summary: 'Makes an API key. It is shown in this answer and never again.',
      access,
      body: wishes,
      answer: z.object({ keyUUID: z.string(), keyName: z.string(), apikey: z.string(), validityPeriod: z.int() }),
      audit: audited('api_key.generated', 'answer.keyUUID', {
        application: 'path.applicationId',
        keyType: 'path.keyType',
        name: 'answer.keyName',
        validityPeriod: 'answer.validityPeriod',
      }),
      async handle(caller, { parameters, body }) {
        const { application, of } = await own(caller, parameters);
        const { key, value } = await generateApiKey(ports, application, of, {
          name: body.keyName ?? 'API key',
          validitySeconds: body.validityPeriod ?? -1,
          permittedIp: body.additionalProperties?.permittedIP ?? '',
          permittedReferer: body.additionalProperties?.permittedReferer ?? '',
        });
        return { keyUUID: key.id, keyName: key.name, apikey: value, validityPeriod: validityOf(key) };
      },
    }),
    route({
      method: 'GET',
      path: keys,
      summary: "The caller's own API keys of the application; their values are not kept.",
      access,
      answer: z.array(entry),
      async handle(caller, { parameters }) {
        const { of } = await own(caller, parameters);
        return (await ports.apiKeys.listApiKeys(of)).map(toEntry);
      },
    }),
    route({
      method: 'POST',
      path: `${keys}/revoke`,
      summary: 'Revokes an API key of the caller at every gateway.',
      access,
      body: named,
      answer: z.object({ keyUUID: z.string() }),
      audit: audited('api_key.revoked', 'answer.keyUUID', {
        application: 'path.applicationId',
        keyType: 'path.keyType',
      }),
      async handle(caller, { parameters, body }) {
        const { of } = await own(caller, parameters);
        const which = 'keyUUID' in body ? { id: body.keyUUID } : { value: body.apikey };
        return { keyUUID: await revokeApiKey(ports, of, which) };
      },
    }),
  ];
}

const validityOf = ({ issuedAt, expiresAt }: ApiKey) =>
  expiresAt === undefined ? -1 : Math.round((expiresAt - issuedAt) / 1_000);

function toEntry(key: ApiKey): z.output<typeof entry> {
  return {
    keyUUID: key.id,
    keyName: key.name,
    issuedOn: new Date(key.issuedAt).toISOString(),
    validityPeriod: validityOf(key),
    lastUsed: key.lastUsedAt === undefined ? null : new Date(key.lastUsedAt).toISOString(),
    additionalProperties: {
      permittedIP: key.permittedIps.join(','),
      permittedReferer: key.permittedReferers.join(','),
    },
  };
}
