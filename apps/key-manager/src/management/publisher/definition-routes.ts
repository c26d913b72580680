import { z } from 'zod';
import type { Api } from '../../apis/api.js';
import { type ApiPorts, accessibleApi, createApi, updateApi } from '../../apis/api-rules.js';
import type { Definition } from '../../apis/definitions/definition.js';
import { definitionOf } from '../../apis/definitions/definition-of.js';
import { endpointConfigOf, operationsOf } from '../../apis/definitions/operations-of.js';
import { readDefinition, validateDefinition } from '../../apis/definitions/read-definition.js';
import { prefixes } from '../prefixes.js';
import { audited } from '../rest/audited.js';
import { token } from '../rest/caller.js';
import { uploadedFile } from '../rest/multipart.js';
import { badRequest, misfit } from '../rest/problem.js';
import { Answer, type Route, route } from '../rest/route.js';
import { apiAnswer, newApi } from './api-schema.js';
import { toApiObject, toBody, withChange } from './api-view.js';

const reading = token('api_view', 'api_create', 'api_publish', 'api_manage');
const writing = token('api_create', 'api_manage');
const definition = z.looseObject({});
const path = '/apis/{apiId}/swagger';
const maxBytes = 2_097_152;

/** Documents come as files or as plain fields; clients do both. */
const text = z.union([uploadedFile.transform(({ bytes }) => bytes.toString()), z.string()]);

export function definitionRoutes(ports: ApiPorts): Route[] {
  return [
    route({
      method: 'GET',
      path,
      summary: 'The OpenAPI document of an API, with its operations as they are.',
      access: reading,
      answer: definition,
      async handle(caller, { parameters: { apiId } }) {
        const api = await accessibleApi(ports.apis, caller, apiId);
        return definitionOf(api, api.body);
      },
    }),
    route({
      method: 'PUT',
      path,
      summary: 'Replaces the OpenAPI document; the operations of the API follow it.',
      access: writing,
      multipart: { maxBytes },
      body: z.object({ apiDefinition: text }),
      answer: definition,
      audit: audited('api.definition_changed', 'path.apiId'),
      async handle(caller, { parameters: { apiId }, body }) {
        const api = await accessibleApi(ports.apis, caller, apiId);
        const changed = await redefine(ports, api, readDefinition(body.apiDefinition));
        return definitionOf(changed, changed.body);
      },
    }),
    ...importRoutes(ports),
  ];
}

function importRoutes(ports: ApiPorts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/apis/validate-openapi',
      summary: 'Says whether an OpenAPI document can be used, and what is wrong with it.',
      access: writing,
      multipart: { maxBytes },
      body: z.object({ file: text }),
      answer: z.looseObject({ isValid: z.boolean() }),
      handle: async (_, { body }) => validateDefinition(body.file),
    }),
    route({
      method: 'POST',
      path: '/apis/import-openapi',
      summary: 'Makes an API from an OpenAPI document.',
      access: writing,
      multipart: { maxBytes },
      body: z.object({ file: text, additionalProperties: text }),
      status: 201,
      answer: apiAnswer,
      audit: audited('api.created', 'answer.id', {
        name: 'answer.name',
        version: 'answer.version',
        context: 'answer.context',
      }),
      async handle(caller, { body }) {
        const document = readDefinition(body.file);
        const given = { ...propertiesIn(body.additionalProperties), operations: operationsOf(document, []) };
        const whole = newApi.safeParse(given);
        if (!whole.success) throw misfit('body', whole.error.issues);
        const { name, version, context, isDefaultVersion } = whole.data;
        const api = await createApi(ports, caller, {
          ...{ name, version, context, isDefaultVersion },
          body: { ...toBody(whole.data), apiDefinition: document },
        });
        return new Answer(toApiObject(api), { headers: { Location: `${prefixes.publisher}/apis/${api.id}` } });
      },
    }),
  ];
}

function redefine(ports: ApiPorts, api: Api, document: Definition): Promise<Api> {
  const endpointConfig = endpointConfigOf(document, api.body);
  const change = {
    operations: operationsOf(document, api.body.operations),
    ...(endpointConfig ? { endpointConfig } : {}),
  };
  const whole = newApi.safeParse(withChange(api, change));
  if (!whole.success) throw misfit('body', whole.error.issues);
  return updateApi(ports, api, {
    isDefaultVersion: api.isDefaultVersion,
    body: toBody(whole.data),
    saysTiers: false,
    definition: document,
  });
}

function propertiesIn(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below: it is no object either way.
  }
  throw badRequest('additionalProperties is no JSON object');
}
