import { z } from 'zod';
import { residentKeyManager } from '../../applications/resident-key-manager.js';
import { maskSecrets } from '../../key-managers/connector-secrets.js';
import { type ConnectorType, connectorTypes } from '../../key-managers/connectors.js';
import type { ForeignKeyManager } from '../../key-managers/key-manager.js';

const text = z.string().max(2_048).nullish();
const flag = (value: boolean) =>
  z
    .boolean()
    .nullish()
    .transform((given) => given ?? value);
const names = (most: number) =>
  z
    .array(z.string().max(1_024))
    .max(most)
    .nullish()
    .transform((given) => given ?? []);

const claimMapping = z
  .array(z.looseObject({ remoteClaim: z.string().min(1).max(255), localClaim: z.string().min(1).max(255) }))
  .max(100)
  .nullish()
  .transform((given) => given ?? []);

/** A key manager as administrators send it (WSO2). Members that are not named here stay as they came. */
export const keyManagerBody = z.looseObject({
  name: z.string().min(1).max(100),
  displayName: text,
  type: z.enum(connectorTypes),
  description: z.string().max(4_096).nullish(),
  wellKnownEndpoint: text,
  issuer: text,
  alias: text.describe('The audience of tokens that are exchanged.'),
  introspectionEndpoint: text,
  clientRegistrationEndpoint: text,
  tokenEndpoint: text,
  displayTokenEndpoint: text,
  revokeEndpoint: text,
  displayRevokeEndpoint: text,
  userInfoEndpoint: text,
  authorizeEndpoint: text,
  scopeManagementEndpoint: text,
  availableGrantTypes: names(50),
  certificates: z
    .looseObject({ type: z.enum(['JWKS', 'PEM']), value: z.string().max(65_536) })
    .nullish()
    .describe('JWKS: the URL of its key set. PEM: Base64 around certificates.'),
  claimMapping,
  consumerKeyClaim: text,
  scopesClaim: text,
  tokenValidation: z.array(z.unknown()).max(50).nullish(),
  enabled: flag(true),
  enableTokenGeneration: flag(false),
  enableMapOAuthConsumerApps: flag(true),
  enableOAuthAppCreation: flag(false),
  enableProvisionedAppValidation: flag(true),
  enableSelfValidationJWT: flag(true),
  additionalProperties: z
    .record(z.string().max(255), z.unknown())
    .nullish()
    .transform((given) => given ?? {}),
  permissions: z.looseObject({ permissionType: z.enum(['PUBLIC', 'ALLOW', 'DENY']), roles: names(200) }).nullish(),
  tokenType: z
    .enum(['DIRECT', 'EXCHANGED', 'BOTH'])
    .nullish()
    .transform((given) => given ?? ('DIRECT' as const)),
  allowedOrganizations: names(200),
});

export type GivenKeyManager = z.output<typeof keyManagerBody> & { readonly type: ConnectorType };

export const keyManagerAnswer = z.looseObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  enabled: z.boolean(),
  tokenType: z.string(),
  additionalProperties: z.record(z.string(), z.unknown()).describe('Secrets are shown as *****.'),
});

export function keyManagerView({ id, name, type, enabled, issuer, tokenType, body }: ForeignKeyManager) {
  const { additionalProperties = {}, ...rest } = body;
  const shown = maskSecrets(additionalProperties);
  return { ...rest, id, name, type, enabled, issuer, tokenType, additionalProperties: shown };
}

export const keyManagerEntry = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  tokenType: z.string(),
});

export function toKeyManagerEntry({ id, name, type, enabled, tokenType, body }: ForeignKeyManager) {
  return { id, name, type, description: String(body.description ?? ''), enabled, tokenType };
}

/** This server, as if it were a row: every tenant has it and nobody changes it. */
export function residentView(issuer: string, grantTypes: readonly string[]) {
  const { origin } = new URL(issuer);
  const at = (path: string) => `${origin}/oauth2/${path}`;
  return {
    ...residentKeyManager,
    ...{
      displayName: residentKeyManager.name,
      description: 'This server',
      enabled: true,
      tokenType: 'DIRECT',
      alias: '',
    },
    ...{
      issuer,
      tokenEndpoint: issuer,
      displayTokenEndpoint: '',
      revokeEndpoint: at('revoke'),
      displayRevokeEndpoint: '',
    },
    ...{
      introspectionEndpoint: at('introspect'),
      userInfoEndpoint: at('userinfo'),
      authorizeEndpoint: at('authorize'),
    },
    ...{ certificates: { type: 'JWKS', value: at('jwks') }, availableGrantTypes: [...grantTypes] },
    ...{ claimMapping: [], tokenValidation: [], consumerKeyClaim: 'azp', scopesClaim: 'scope' },
    ...{ enableTokenGeneration: true, enableOAuthAppCreation: true, enableMapOAuthConsumerApps: true },
    ...{ enableProvisionedAppValidation: true, enableSelfValidationJWT: true, additionalProperties: {} },
    ...{ permissions: null, allowedOrganizations: [] },
  };
}
