import { z } from 'zod';
import type { Api } from '../../apis/api.js';
import { type ApiPorts, accessibleApi, createApi, deleteApi, updateApi } from '../../apis/api-rules.js';
import { accessRoles } from '../../apis/visibility.js';
import { prefixes } from '../prefixes.js';
import { audited } from '../rest/audited.js';
import { token } from '../rest/caller.js';
import { listAnswer, listOf, pageQuery } from '../rest/page.js';
import { misfit } from '../rest/problem.js';
import { Answer, type Route, route } from '../rest/route.js';
import { apiAnswer, apiChange, newApi } from './api-schema.js';
import { toApiInfo, toApiObject, toBody, withChange } from './api-view.js';

const reading = token('api_view', 'api_create', 'api_publish', 'api_manage');
const one = '/apis/{apiId}';

export function apiRoutes(ports: ApiPorts): Route[] {
  return [
    ...listRoutes(ports),
    route({
      method: 'POST',
      path: '/apis',
      summary: 'Makes an API.',
      access: token('api_create', 'api_manage'),
      body: newApi,
      status: 201,
      answer: apiAnswer,
      audit: audited('api.created', 'answer.id', {
        name: 'body.name',
        version: 'body.version',
        context: 'body.context',
      }),
      async handle(caller, { body }) {
        const { name, version, context, isDefaultVersion } = body;
        const api = await createApi(ports, caller, { name, version, context, isDefaultVersion, body: toBody(body) });
        return new Answer(toApiObject(api), { headers: { Location: `${prefixes.publisher}/apis/${api.id}` } });
      },
    }),
    route({
      method: 'GET',
      path: one,
      summary: 'One API.',
      access: reading,
      answer: apiAnswer,
      handle: async (caller, { parameters }) => toApiObject(await accessibleApi(ports.apis, caller, parameters.apiId)),
    }),
    ...changingRoutes(ports),
  ];
}

/** WSO2 clients ask for the list with a slash at the end, too. */
function listRoutes(ports: ApiPorts): Route[] {
  return (['/apis', '/apis/'] as const).map((path) =>
    route({
      method: 'GET',
      path,
      summary: 'APIs of the tenant that the caller may work on.',
      access: reading,
      query: z.object({
        query: z.string().max(255).optional().describe('Part of the name, also as name:part.'),
        ...pageQuery,
      }),
      answer: listAnswer(z.looseObject({ id: z.string(), name: z.string(), version: z.string() })),
      async handle(caller, { query: { query, ...page } }) {
        const roles = accessRoles(caller);
        const found = await ports.apis.listApis({
          tenantDomain: caller.tenantDomain,
          ...(query ? { query: query.replace(/^name:/, '') } : {}),
          ...(roles ? { accessibleTo: roles } : {}),
          ...page,
        });
        return listOf(found.apis.map(toApiInfo), found.total, page);
      },
    }),
  );
}

function changingRoutes(ports: ApiPorts): Route[] {
  return [
    route({
      method: 'PUT',
      path: one,
      summary: 'Changes an API. Members left out stay; name, version, context and provider never change.',
      access: token('api_create', 'api_publish', 'api_manage'),
      body: apiChange,
      answer: apiAnswer,
      audit: audited('api.changed', 'path.apiId'),
      async handle(caller, { parameters, body }) {
        const api = await accessibleApi(ports.apis, caller, parameters.apiId);
        return toApiObject(await change(ports, api, body));
      },
    }),
    route({
      method: 'DELETE',
      path: one,
      summary: 'Deletes an API that nobody is subscribed to.',
      access: token('api_delete', 'api_manage'),
      audit: audited('api.deleted', 'path.apiId'),
      async handle(caller, { parameters }) {
        await deleteApi(ports, await accessibleApi(ports.apis, caller, parameters.apiId));
      },
    }),
  ];
}

function change(ports: ApiPorts, api: Api, given: Record<string, unknown>): Promise<Api> {
  const whole = newApi.safeParse(withChange(api, given));
  if (!whole.success) throw misfit('body', whole.error.issues);
  const { isDefaultVersion } = whole.data;
  return updateApi(ports, api, {
    isDefaultVersion,
    body: toBody(whole.data),
    saysTiers: Array.isArray(given.policies),
  });
}
