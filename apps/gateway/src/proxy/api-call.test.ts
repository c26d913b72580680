import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../apis/test/catalog.js';
import { call, startTestGateway, type TestGateway } from './test/gateway.js';
import { RecordingBackend } from './test/recording-backend.js';

let backend: RecordingBackend;
let gateway: TestGateway;

beforeEach(async () => {
  backend = await RecordingBackend.start();
  const endpoint = { urls: [`${backend.url}/base`], timeoutMillis: 0, trustedCertificates: [] };
  gateway = await startTestGateway(
    catalogOf({
      apis: [
        anApi({ productionEndpoint: endpoint }),
        anApi({
          id: 'api-2',
          effectiveContext: '/open/1.0.0',
          productionEndpoint: endpoint,
          resources: [aResource('GET /*', { authType: AuthType.AUTH_TYPE_NONE })],
        }),
      ],
    }),
  );
});

afterEach(async () => {
  await gateway.stop();
  await backend.stop();
});

describe('an API call', () => {
  it('reaches the backend with a token that has the scope', async () => {
    const answer = await call(gateway.port, 'GET /petstore/1.0.0/pets?limit=2&q=%2e%2e', [
      'Authorization: Bearer good',
    ]);
    expect(answer.status).toBe(200);
    expect(answer.body).toBe('hello');
    expect(backend.requestLines).toEqual(['GET /base/pets?limit=2&q=%2e%2e HTTP/1.1']);
    expect(backend.header('authorization')).toEqual([]);
    expect(backend.header('host')).toEqual([`127.0.0.1:${backend.port}`]);
  });

  it('does the same when the token has to be looked up elsewhere', async () => {
    const answer = await call(gateway.port, 'GET /petstore/1.0.0/pets', ['Authorization: bearer later-good']);
    expect(answer.status).toBe(200);
  });

  it('is refused with 900910 and the scope wanted when the token lacks it', async () => {
    const answer = await call(gateway.port, 'POST /petstore/1.0.0/pets', [
      'Authorization: Bearer good',
      'Content-Length: 0',
    ]);
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toEqual({
      code: '900910',
      message: 'The access token does not allow you to access the requested resource',
      description: 'User is NOT authorized to access the Resource. Scope validation failed.',
    });
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer realm="Keygate", error="insufficient_scope", scope="update"',
    );
    expect(backend.received).toBe('');
  });

  it('needs no token where the resource needs none', async () => {
    expect((await call(gateway.port, 'GET /open/1.0.0/a/b')).status).toBe(200);
    expect(backend.requestLines).toEqual(['GET /base/a/b HTTP/1.1']);
  });
});
