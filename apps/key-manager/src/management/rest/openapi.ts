import { z } from 'zod';
import type { Access } from './caller.js';
import { errorTable } from './error-table.js';
import type { Plane, Route } from './route.js';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of a plane, made of the rows that are registered and the schemas that are enforced. */
export function openApiDocument(plane: Plane): Json {
  const paths: Record<string, Json> = {};
  for (const route of plane.routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(plane, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: plane.title, version: plane.version },
    servers: [{ url: plane.prefix }],
    paths,
    components: { securitySchemes: securitySchemes(plane.routes), schemas: { Error: errorSchema } },
  };
}

function operation(plane: Plane, route: Route): Json {
  const name = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter ?? '');
  const parameters = [
    ...name.map((parameter) => ({ name: parameter, in: 'path', required: true, schema: { type: 'string' } })),
    ...queryParameters(route.query),
  ];
  return {
    summary: route.summary,
    ...(route.access.by === 'anyone' ? {} : { security: [security(route.access)] }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...requestBody(plane, route),
    responses: {
      [String(route.status ?? 200)]: {
        description: 'Done.',
        ...(route.answer ? { content: content(plane, toSchema(route.answer, 'output')) } : {}),
      },
      default: { description: 'Refused.', content: content(plane, { $ref: '#/components/schemas/Error' }) },
    },
  };
}

function requestBody(plane: Plane, { body, multipart }: Route): Json {
  if (!body) return {};
  const schema = toSchema(body, 'input');
  return {
    requestBody: {
      required: true,
      content: multipart ? { 'multipart/form-data': { schema } } : content(plane, schema),
    },
  };
}

const content = (plane: Plane, schema: unknown) => ({ [plane.contentType ?? 'application/json']: { schema } });

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function queryParameters(query: z.ZodType | undefined): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = toSchema(query, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description ? { description } : {}),
    schema,
  }));
}

function security(access: Access): Json {
  return access.by === 'token' ? { oauth2: access.scopes } : { basic: [] };
}

function securitySchemes(routes: readonly Route[]): Json {
  const names = new Set(routes.flatMap(({ access }) => (access.by === 'token' ? access.scopes : [])));
  const scopes = Object.fromEntries([...names].sort().map((name) => [name, '']));
  const withPassword = routes.some(({ access }) => access.by === 'password');
  return {
    ...(names.size > 0
      ? { oauth2: { type: 'oauth2', flows: { password: { tokenUrl: '/oauth2/token', scopes } } } }
      : {}),
    ...(withPassword ? { basic: { type: 'http', scheme: 'basic' } } : {}),
  };
}

const errorSchema = {
  type: 'object',
  required: ['code', 'message', 'description', 'moreInfo', 'error'],
  properties: {
    code: {
      type: 'integer',
      description: `The status, or one of ${[...new Set(Object.values(errorTable).map(({ code }) => code))]
        .filter((code) => code > 599)
        .sort((a, b) => a - b)
        .join(', ')}.`,
    },
    message: { type: 'string' },
    description: { type: 'string' },
    moreInfo: { type: 'string' },
    error: { type: 'array', items: { type: 'object' } },
  },
};
