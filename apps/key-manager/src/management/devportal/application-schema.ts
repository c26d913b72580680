import { z } from 'zod';
import type { Application, ClientRegistration } from '../../applications/application.js';
import { shownProperties } from '../../applications/key-properties.js';
import type { ConsumerKey } from '../../applications/keys.js';
import { residentKeyManager } from '../../applications/resident-key-manager.js';
import type { ForeignConsumerKey } from '../../key-managers/key-manager.js';
import { displayUserName } from '../../users/user-name.js';

/** POST and PUT of an application. */
export const applicationBody = z.object({
  name: z.string().trim().min(1).max(100),
  throttlingPolicy: z.string().min(1).max(255),
  description: z.string().max(512).nullish(),
  tokenType: z.enum(['JWT', 'OAUTH']).nullish().describe('Kind of access token; OAUTH is opaque.'),
  attributes: z.record(z.string().max(255), z.string().max(1_024)).nullish(),
  visibility: z.enum(['PRIVATE', 'SHARED_WITH_ORG', 'PUBLIC']).nullish(),
});

export function toFacts(given: z.output<typeof applicationBody>) {
  return {
    name: given.name,
    throttlingPolicy: given.throttlingPolicy,
    description: given.description ?? '',
    tokenType: given.tokenType ?? ('OAUTH' as const),
    attributes: given.attributes ?? {},
    visibility: given.visibility ?? 'PRIVATE',
  };
}

const applicationEntry = z.object({
  applicationId: z.string(),
  name: z.string(),
  throttlingPolicy: z.string(),
  description: z.string(),
  status: z.enum(['CREATED', 'APPROVED', 'REJECTED', 'INACTIVE']),
  groups: z.array(z.string()),
  subscriptionCount: z.int(),
  attributes: z.record(z.string(), z.string()),
  owner: z.string(),
});

export { applicationEntry };

export function toApplicationEntry(application: Application, subscriptionCount: number) {
  return {
    applicationId: application.id,
    name: application.name,
    throttlingPolicy: application.throttlingPolicy,
    description: application.description,
    status: application.status,
    groups: [...application.groups],
    subscriptionCount,
    attributes: application.attributes,
    owner: displayUserName(application.owner),
  };
}

export const grantTypes = z.array(z.string().min(1).max(200)).min(1).max(20);

const additionalProperties = z.record(z.string().max(100), z.unknown());

/** POST generate-keys. */
export const generateKeysBody = z.object({
  keyType: z.enum(['PRODUCTION', 'SANDBOX']),
  grantTypesToBeSupported: grantTypes,
  keyManager: z.string().max(255).nullish(),
  callbackUrl: z.string().max(2_048).nullish(),
  scopes: z.array(z.string()).nullish(),
  validityTime: z.union([z.string(), z.number()]).nullish(),
  additionalProperties: additionalProperties.nullish(),
});

/** POST map-keys. */
export const mapKeysBody = z.object({
  consumerKey: z.string().regex(/^[\x21-\x7e]{1,255}$/),
  consumerSecret: z
    .string()
    .max(512)
    .regex(/^[\x20-\x7e]*$/)
    .nullish(),
  keyType: z.enum(['PRODUCTION', 'SANDBOX']),
  keyManager: z.string().max(255).nullish(),
});

/** PUT of a consumer key: the object as it was read, changed. */
export const keyBody = z.object({
  supportedGrantTypes: grantTypes,
  callbackUrl: z.string().max(2_048).nullish(),
  additionalProperties: additionalProperties.nullish(),
});

export const applicationKey = z.object({
  keyMappingId: z.string(),
  keyManager: z.string(),
  consumerKey: z.string(),
  consumerSecret: z.string().describe('Empty when somebody chose the secret: it is not stored and cannot be shown.'),
  consumerSecrets: z.array(z.unknown()),
  supportedGrantTypes: z.array(z.string()),
  callbackUrl: z.string(),
  keyState: z.string(),
  keyType: z.enum(['PRODUCTION', 'SANDBOX']),
  mode: z.enum(['CREATED', 'MAPPED']),
  token: z.null(),
  additionalProperties: z.record(z.string(), z.unknown()),
});

export function toApplicationKey({ registration, secret }: ConsumerKey): z.output<typeof applicationKey> {
  return {
    keyMappingId: registration.keyMappingId,
    keyManager: residentKeyManager.name,
    consumerKey: registration.clientId,
    consumerSecret: secret ?? '',
    consumerSecrets: [],
    supportedGrantTypes: [...registration.grantTypes],
    callbackUrl: registration.callbackUrl,
    keyState: keyState(registration),
    keyType: registration.keyType,
    mode: registration.mode,
    token: null,
    additionalProperties: shownProperties(registration.additionalProperties),
  };
}

/** What its own key manager knows of it is not asked for. */
export function toForeignApplicationKey(key: ForeignConsumerKey): z.output<typeof applicationKey> {
  const { keyMappingId, keyManagerName: keyManager, consumerKey, keyType } = key;
  return {
    ...{ keyMappingId, keyManager, consumerKey, consumerSecret: '', consumerSecrets: [], supportedGrantTypes: [] },
    ...{ callbackUrl: '', keyState: 'APPROVED', keyType, mode: 'MAPPED', token: null },
    additionalProperties: shownProperties({}),
  };
}

const keyState = ({ active }: ClientRegistration) => (active ? 'APPROVED' : 'REJECTED');

export const application = applicationEntry.extend({
  tokenType: z.enum(['JWT', 'OAUTH']),
  keys: z.array(applicationKey),
  subscriptionScopes: z.array(z.unknown()),
  hashEnabled: z.boolean(),
  visibility: z.string(),
});

export function toApplication(found: Application, subscriptionCount: number, keys: readonly unknown[]) {
  return {
    ...toApplicationEntry(found, subscriptionCount),
    tokenType: found.tokenType,
    keys,
    subscriptionScopes: [],
    hashEnabled: false,
    visibility: found.visibility,
  };
}
