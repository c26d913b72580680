import type { Cors } from '@keygate/proto/keymanager/v1/catalog';
import { describe, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../../apis/test/catalog.js';
import { aRoutedExchange } from '../test/exchange.js';
import { addCorsHeaders, cors } from './cors.stage.js';

const listed: Cors = {
  enabled: true,
  allowOrigins: ['https://app.test', 'https://b.test'],
  allowCredentials: true,
  allowHeaders: ['authorization', 'Content-Type'],
  allowMethods: ['GET', 'PUT'],
};
const preflight = (origin: string) => ['Origin', origin, 'Access-Control-Request-Method', 'GET'];

function run(rules: Cors | undefined, headers: readonly string[] = [], resources = [aResource('GET /pets')]) {
  const catalog = catalogOf({ apis: [anApi({ cors: rules, resources })] });
  const exchange = aRoutedExchange({ method: 'OPTIONS', target: '/petstore/1.0.0/pets', headers }, catalog);
  cors().run(exchange);
  return exchange;
}

describe('a preflight', () => {
  it('of an API without settings gets any origin and the verbs of the resource', () => {
    expect(run(undefined, preflight('https://x.test')).ownAnswer).toEqual({
      status: 200,
      headers: [
        ...['Allow', 'GET, HEAD', 'Access-Control-Allow-Methods', 'GET'],
        ...['Access-Control-Allow-Headers', 'authorization, Access-Control-Allow-Origin, Content-Type, SOAPAction'],
        ...['Access-Control-Allow-Origin', '*', 'Content-Length', '0'],
      ],
    });
  });

  it('of a listed origin gets it back, with what is configured', () => {
    expect(run(listed, preflight('https://app.test')).ownAnswer?.headers).toEqual([
      ...['Allow', 'GET, HEAD', 'Access-Control-Allow-Methods', 'GET, PUT'],
      ...['Access-Control-Allow-Headers', 'authorization, Content-Type', 'Vary', 'Origin'],
      ...['Access-Control-Allow-Origin', 'https://app.test', 'Access-Control-Allow-Credentials', 'true'],
      ...['Content-Length', '0'],
    ]);
  });

  it.each(['https://evil.test', 'null', 'https://app.test.evil.test', 'HTTPS://APP.TEST'])(
    'of %s, which is not listed, gets no origin',
    (origin) => {
      expect(run(listed, preflight(origin)).ownAnswer?.headers).not.toContain('Access-Control-Allow-Origin');
    },
  );

  it('is answered here even when the API declares OPTIONS, but a plain OPTIONS goes on', () => {
    const resources = [aResource('OPTIONS /pets')];
    expect(run(undefined, preflight('https://x.test'), resources).ownAnswer?.status).toBe(200);
    expect(run(undefined, [], resources).ownAnswer).toBeUndefined();
  });

  it('goes on to the backend when the API leaves CORS to it', () => {
    const resources = [aResource('OPTIONS /pets')];
    expect(run({ ...listed, enabled: false }, preflight('https://x.test'), resources).ownAnswer).toBeUndefined();
  });
});

describe('an answer on its way out', () => {
  const answer = (rules: Cors | undefined, origin?: string) => {
    const headers = ['Content-Type', 'text/plain', 'access-control-allow-origin', 'https://backend', 'X', 'y'];
    const exchange = aRoutedExchange(
      { headers: origin === undefined ? [] : ['Origin', origin] },
      catalogOf({ apis: [anApi({ cors: rules })] }),
    );
    addCorsHeaders(exchange, headers);
    return headers;
  };
  const own = ['Content-Type', 'text/plain', 'X', 'y'];

  it('carries the origin of the API, not of the backend', () => {
    expect(answer(undefined)).toEqual([...own, 'Access-Control-Allow-Origin', '*']);
    expect(answer(listed, 'https://evil.test')).toEqual([...own, 'Vary', 'Origin']);
    expect(answer(listed, 'https://b.test')).toEqual([
      ...[...own, 'Vary', 'Origin', 'Access-Control-Allow-Origin', 'https://b.test'],
      ...['Access-Control-Allow-Credentials', 'true'],
    ]);
  });

  it('keeps the headers of the backend when the API leaves CORS to it', () => {
    expect(answer({ ...listed, enabled: false })).toContain('https://backend');
  });
});
