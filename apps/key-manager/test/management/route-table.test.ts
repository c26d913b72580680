import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restScopes } from '../../src/management/rest-scopes.js';
import { startWorld, type World } from './support/world.js';

/** `GET /api/am/devportal/v3/applications/{}`: names of parameters aside. */
const shape = (method: string, path: string) => `${method} ${path.replace(/:\w+|\{\w+\}/g, '{}')}`;

describe('the table of routes', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());

  it('is what is registered, no more and no less', () => {
    const prefixes = world.planes.map(({ prefix }) => prefix);
    const registered = world.registered
      .filter(({ url }) => prefixes.some((prefix) => url.startsWith(prefix)) && !url.endsWith('/openapi.json'))
      .flatMap(({ method, url }) => [method].flat().map((each) => shape(each, url)));
    const inTable = world.planes.flatMap(({ prefix, routes }) =>
      routes.flatMap(({ method, path }) => {
        const row = shape(method, prefix + path);
        // Fastify answers HEAD wherever it answers GET, by the same handler behind the same check.
        return method === 'GET' ? [row, row.replace(/^GET/, 'HEAD')] : [row];
      }),
    );
    expect(registered.sort()).toEqual(inTable.sort());
  });

  it('asks only for scopes that somebody can have', () => {
    const asked = world.planes.flatMap(({ routes }) =>
      routes.flatMap(({ access }) => (access.by === 'token' ? access.scopes : [])),
    );
    expect([...new Set(asked)].filter((scope) => !restScopes.has(scope))).toEqual([]);
  });

  /** Change nothing that lasts: tokens are issued in numbers that no log holds, a check only asks. */
  const notRecorded = [
    'POST /api/am/devportal/v3/applications/{applicationId}/oauth-keys/{keyMappingId}/generate-token',
    'POST /api/am/publisher/v4/apis/validate-endpoint',
    'POST /api/am/publisher/v4/apis/validate-openapi',
  ];

  it('says of every call that changes something how it is recorded', () => {
    const silent = world.planes.flatMap(({ prefix, routes }) =>
      routes
        .filter(({ method, audit }) => method !== 'GET' && method !== 'HEAD' && audit === undefined)
        .map(({ method, path }) => `${method} ${prefix}${path}`),
    );
    expect(silent).toEqual(notRecorded);
  });

  it('records no value whose name speaks of a secret', () => {
    const sources = world.planes.flatMap(({ routes }) =>
      routes.flatMap(({ audit }) => (typeof audit === 'object' ? [audit.target, ...Object.values(audit.detail)] : [])),
    );
    expect(sources.filter((source) => /(secret|secrets|password|token|properties)$/i.test(source))).toEqual([]);
  });

  it('is what the served OpenAPI documents say', async () => {
    for (const { prefix, routes } of world.planes) {
      const { status, body } = await world.call('GET', `${prefix}/openapi.json`);
      expect([status, body.openapi, body.servers[0].url]).toEqual([200, '3.1.0', prefix]);
      const documented = Object.entries<Record<string, { security?: { oauth2?: string[] }[] }>>(body.paths).flatMap(
        ([path, operations]) =>
          Object.entries(operations).map(([method, { security }]) => [
            `${method.toUpperCase()} ${path}`,
            security?.[0]?.oauth2 ?? [],
          ]),
      );
      const expected = routes.map(({ method, path, access }) => [
        `${method} ${path}`,
        access.by === 'token' ? access.scopes : [],
      ]);
      expect(documented.sort()).toEqual(expected.sort());
    }
  });

  it('documents bodies by the schemas that are enforced', async () => {
    const { body } = await world.call('GET', '/api/am/devportal/v3/openapi.json');
    const { schema } = body.paths['/applications'].post.requestBody.content['application/json'];
    expect(schema.required).toEqual(['name', 'throttlingPolicy']);
    expect(schema.properties.name).toMatchObject({ type: 'string', minLength: 1, maxLength: 100 });
  });
});
