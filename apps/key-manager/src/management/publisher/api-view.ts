import type { z } from 'zod';
import type { Api, ApiBody, Revision } from '../../apis/api.js';
import { blankSecrets } from '../../apis/endpoint-secrets.js';
import { displayUserName } from '../../users/user-name.js';
import { type newApi, readOnlyMembers } from './api-schema.js';

/** The API object of the publisher: everything but secrets. */
export function toApiObject(api: Api) {
  // The definition has a resource of its own.
  const { apiDefinition: _, ...body } = api.body;
  return {
    ...body,
    endpointConfig: blankSecrets(api.body.endpointConfig),
    id: api.id,
    name: api.name,
    version: api.version,
    context: api.context,
    provider: displayUserName(api.provider),
    lifeCycleStatus: api.lifeCycleStatus,
    isDefaultVersion: api.isDefaultVersion,
    hasThumbnail: false,
    isRevision: false,
    revisionedApiId: null,
    revisionId: 0,
    workflowStatus: 'APPROVED',
    additionalPropertiesMap: propertiesMap(api.body),
    createdTime: new Date(api.createdAt).toISOString(),
    lastUpdatedTime: new Date(api.updatedAt).toISOString(),
    lastUpdatedTimestamp: String(api.updatedAt),
  };
}

/** An entry of the publisher's list. */
export function toApiInfo(api: Api) {
  const { description, type, visibility, tags, gatewayType, gatewayVendor, audiences } = api.body;
  return {
    id: api.id,
    name: api.name,
    description,
    context: api.context,
    version: api.version,
    provider: displayUserName(api.provider),
    type,
    visibility,
    tags,
    audiences,
    lifeCycleStatus: api.lifeCycleStatus,
    workflowStatus: 'APPROVED',
    hasThumbnail: false,
    gatewayType,
    gatewayVendor,
    createdTime: new Date(api.createdAt).toISOString(),
    updatedTime: new Date(api.updatedAt).toISOString(),
  };
}

/** What came in, without the members that have columns of their own or are not for clients to write. */
export function toBody(given: z.output<typeof newApi>): ApiBody {
  const { name, version, context, isDefaultVersion, ...body } = given;
  return Object.fromEntries(
    Object.entries(body).filter(([member]) => !(readOnlyMembers as readonly string[]).includes(member)),
    // The schema has just checked every member that the type names.
  ) as unknown as ApiBody;
}

/** The stored object with a change laid over it, in the form that the schema reads. */
export function withChange(api: Api, change: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { name, version, context, isDefaultVersion } = api;
  return { ...api.body, isDefaultVersion, ...change, name, version, context };
}

/** The API as it was when the revision was made. */
export function atRevision(api: Api, revision: Revision): Api {
  return { ...api, body: revision.body };
}

function propertiesMap(body: ApiBody): Record<string, unknown> {
  const properties = Array.isArray(body.additionalProperties) ? body.additionalProperties : [];
  return Object.fromEntries(properties.map((property: { name: string }) => [property.name, property]));
}
