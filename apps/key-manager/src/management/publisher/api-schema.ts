import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { endpointConfig } from './endpoint-schema.js';

/** Absent and null alike mean the default (WSO2). */
function or<T extends z.ZodType>(schema: T, value: () => z.output<T>) {
  return schema.nullish().transform((given) => given ?? value());
}

const names = (most: number) => or(z.array(z.string().max(255)).max(most), () => []);
const text = (most: number) => z.string().max(most).nullish();
const flag = () => or(z.boolean(), () => false);
const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{0,128}$/, 'is not a header name');

/** Headers that say how a message is read or where it goes hold no credential. */
const framing =
  /^(host|connection|content-length|content-type|transfer-encoding|te|trailer|upgrade|expect|keep-alive)$/i;
const credentialHeader = headerName.refine((name) => !framing.test(name), 'cannot hold a credential');

/** WSO2. One that is not known is refused: left aside in silence, it could be the one that was to keep strangers out. */
const securitySchemes = [
  'oauth2',
  'basic_auth',
  'api_key',
  'mutualssl',
  'mutualssl_mandatory',
  'oauth_basic_auth_mandatory',
  'oauth_basic_auth_api_key_mandatory',
] as const;
const defaultSchemes: (typeof securitySchemes)[number][] = ['oauth_basic_auth_api_key_mandatory', 'oauth2'];

const corsConfiguration = z.looseObject({
  corsConfigurationEnabled: flag(),
  accessControlAllowOrigins: names(200),
  accessControlAllowCredentials: flag(),
  accessControlAllowHeaders: names(200),
  accessControlAllowMethods: names(50),
});

export const scopeFacts = {
  name: z.string().min(1).max(255),
  displayName: text(255),
  description: text(512),
  bindings: names(200),
};

const apiScope = z.looseObject({ scope: z.looseObject({ id: text(64), ...scopeFacts }), shared: flag() });

const authTypes = ['None', 'Application', 'Application User', 'Application & Application User'] as const;
const verbs = /^(GET|PUT|POST|DELETE|PATCH|HEAD|OPTIONS|TRACE|SUBSCRIBE|PUBLISH|QUERY|MUTATION|SUBSCRIPTION)$/;

const operation = z.looseObject({
  id: text(64).transform((id) => id || randomUUID()),
  target: or(
    z
      .string()
      .max(1_024)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a path
      .regex(/^[^\s\x00-\x1f\x7f\\#]*$/, 'is not a resource path'),
    () => '/*',
  ),
  verb: or(z.string().toUpperCase().regex(verbs, 'is not a verb'), () => 'GET'),
  authType: or(z.enum([...authTypes, 'Any', '']), () => 'Any' as const).transform((type) =>
    type === 'Any' || type === '' ? 'Application & Application User' : type,
  ),
  // Empty means the tenant's default, which only the rules know.
  throttlingPolicy: or(z.string().max(255), () => ''),
  scopes: names(100),
  operationPolicies: or(z.looseObject({}), () => ({ request: [], response: [], fault: [] })),
});

/** What an API without operations gets (WSO2). */
function everyVerb() {
  return ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'].map((verb) => operation.parse({ target: '/*', verb }));
}

/** Requests to the backends of one kind in one unit of time; 0 and absent: as many as come. */
const hardLimit = z.int().min(0).nullish();
const hardUnit = z.enum(['SECOND', 'MINUTE', 'HOUR']).nullish();

/** The part of the API object that is stored as one document. Members that are not named here stay as they came. */
export const apiBody = z.looseObject({
  displayName: text(255),
  description: or(z.string().max(32_768), () => ''),
  responseCachingEnabled: flag(),
  cacheTimeout: or(z.int().min(0), () => 300),
  enableSchemaValidation: flag(),
  type: or(
    z.enum(['HTTP', 'WS', 'SOAP', 'SOAPTOREST', 'GRAPHQL', 'SSE', 'WEBSUB', 'WEBHOOK', 'ASYNC']),
    () => 'HTTP' as const,
  ),
  audiences: names(100),
  transport: or(z.array(z.enum(['http', 'https', 'ws', 'wss'])).max(4), () => ['http' as const, 'https' as const]),
  tags: names(100),
  policies: names(100),
  apiThrottlingPolicy: text(255),
  authorizationHeader: credentialHeader.nullish(),
  apiKeyHeader: or(credentialHeader, () => 'ApiKey'),
  securityScheme: or(z.array(z.enum(securitySchemes)).max(20), () => []).transform((schemes) =>
    schemes.length > 0 ? schemes : defaultSchemes,
  ),
  maxTps: z
    .looseObject({ production: hardLimit, productionTimeUnit: hardUnit, sandbox: hardLimit, sandboxTimeUnit: hardUnit })
    .nullish(),
  visibility: or(z.enum(['PUBLIC', 'PRIVATE', 'RESTRICTED']), () => 'PUBLIC' as const),
  visibleRoles: names(200),
  visibleTenants: names(200),
  subscriptionAvailability: or(
    z.enum(['CURRENT_TENANT', 'ALL_TENANTS', 'SPECIFIC_TENANTS']),
    () => 'CURRENT_TENANT' as const,
  ),
  subscriptionAvailableTenants: names(200),
  additionalProperties: or(
    z.array(z.looseObject({ name: z.string().max(255), value: z.string().max(4_096), display: flag() })).max(200),
    () => [],
  ),
  accessControl: or(z.enum(['NONE', 'RESTRICTED']), () => 'NONE' as const),
  accessControlRoles: names(200),
  businessInformation: or(z.looseObject({}), () => ({})),
  corsConfiguration: corsConfiguration.nullish(),
  endpointConfig: endpointConfig.nullish(),
  endpointImplementationType: or(z.enum(['ENDPOINT', 'INLINE', 'MOCKED_OAS']), () => 'ENDPOINT' as const),
  scopes: or(z.array(apiScope).max(500), () => []),
  operations: or(z.array(operation).max(2_000), () => []).transform((list) => (list.length > 0 ? list : everyVerb())),
  categories: names(100),
  keyManagers: or(z.array(z.string().max(255)).max(100), () => ['all']),
  advertiseInfo: z.looseObject({}).nullish(),
  gatewayVendor: or(z.string().max(64), () => 'wso2'),
  gatewayType: or(z.string().max(64), () => 'wso2/synapse'),
  subtypeConfiguration: z.looseObject({}).nullish(),
});

/** Members the server answers with and nobody writes; what comes in them is left aside. */
export const readOnlyMembers = [
  'id',
  'provider',
  'lifeCycleStatus',
  'hasThumbnail',
  'isRevision',
  'revisionedApiId',
  'revisionId',
  'workflowStatus',
  'createdTime',
  'lastUpdatedTime',
  'lastUpdatedTimestamp',
  'additionalPropertiesMap',
  'apiDefinition',
] as const;

/** POST /apis. */
export const newApi = apiBody.extend({
  name: z
    .string()
    .max(60)
    .regex(/^[^~!@#;:%^*()+={}|<>"'`,&$[\]/\\]*$/, 'holds characters that are not allowed')
    .regex(/\S/, 'is blank'),
  version: z
    .string()
    .max(30)
    // Two plain patterns, since zod tries them on a text of any length, whatever `max` says.
    .regex(/^[A-Za-z0-9._~-]+$/, 'is blank or holds characters that are not allowed')
    .regex(/[^.]/, 'is made of dots only'),
  context: z
    .string()
    .max(232)
    .transform((context) => `/${context.trim().replace(/^\/+|\/+$/g, '')}`)
    .pipe(
      z
        .string()
        .regex(/^(\/([A-Za-z0-9._~-]|\{version\})+)+$/, 'is blank or holds characters that are not allowed')
        .refine((context) => !/\/\.{1,2}(\/|$)/.test(context), 'holds . or .. as a segment'),
    ),
  isDefaultVersion: flag(),
});

/** PUT /apis/{apiId}: any part of the object; what is left out stays. */
export const apiChange = z.looseObject({});

/** An API object as it is answered. */
export const apiAnswer = z.looseObject({
  ...apiBody.shape,
  id: z.string(),
  name: z.string(),
  version: z.string(),
  context: z.string(),
  provider: z.string(),
  lifeCycleStatus: z.string(),
  isDefaultVersion: z.boolean(),
});
