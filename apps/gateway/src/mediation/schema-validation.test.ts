import { afterEach, describe, expect, it } from 'vitest';
import { exchangeBytes, head, parseAnswer } from '../proxy/test/gateway.js';
import { ok } from '../proxy/test/recording-backend.js';
import { type MediatedGateway, sets, startMediated } from './test/mediated-gateway.js';

let world: MediatedGateway;
afterEach(() => world.stop());

const pet = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } };
const content = (schema: unknown) => ({ content: { 'application/json': { schema } } });

function documentWith(schema: unknown = pet): string {
  const operation = { responses: { 200: content(schema) } };
  return JSON.stringify({
    openapi: '3.0.1',
    info: { title: 'PetStore', version: '1' },
    paths: {
      '/pets': {
        get: { ...operation, parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer' } }] },
        post: { requestBody: { required: true, ...content(schema) }, responses: {} },
        put: { responses: {} },
        delete: { responses: {} },
      },
      '/pets/{petId}': { get: operation, post: { responses: {} } },
      '/open': { get: operation, post: { responses: {} } },
    },
  });
}

const json = ['Content-Type: application/json'];
const answerOf = (body: string) => ok(body, json);
const contract = { validatedBy: documentWith() };

describe('an API with schema validation', () => {
  it('lets requests and answers pass that fit, byte for byte', async () => {
    world = await startMediated(contract, { answer: answerOf('{"name": "Rex"}') });
    const answer = await world.call('POST /pets', json, '{"name": "Rex" }\n');
    expect(answer).toMatchObject({ status: 200, body: '{"name": "Rex"}' });
    expect(world.backend.received).toContain('{"name": "Rex" }');
    expect(world.backend.header('content-length')).toEqual(['17']);
    expect(await world.call('GET /pets?limit=3')).toMatchObject({ status: 200, body: '{"name": "Rex"}' });
    expect(world.budget.held).toBe(0);
  });

  it.each([
    ['POST /pets', json, '{"name":5}', 'body: /name must be string'],
    ['POST /pets', json, '', 'the body is missing'],
    ['POST /pets', ['Content-Type: text/plain'], 'hello', 'the content type is not one that is described'],
    ['GET /pets?limit=x', [], '', 'query parameter limit must be integer'],
  ])('refuses %s with %j %s', async (line, headers, body, problem) => {
    world = await startMediated(contract);
    const answer = await world.call(line, headers, body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toEqual({
      code: '400',
      message: 'Bad Request',
      description: `Schema validation failed in the Request: ${problem}`,
    });
    expect(world.gateway.ended[0]?.fault).toBe('requestUnfit');
    expect(world.backend.requestLines).toEqual([]);
  });

  it.each([
    ['that does not fit', answerOf('{"name":5}'), 'body: /name must be string'],
    ['that is no JSON', answerOf('{'), 'the body is no JSON'],
    ['of another type', ok('hello', ['Content-Type: text/plain']), 'the content type is not one that is described'],
    ['that is too large', answerOf(`"${'x'.repeat(20_000)}"`), 'the body is larger than this gateway reads'],
  ])('does not hand on an answer %s', async (_, answer, problem) => {
    world = await startMediated({ ...contract, response: [sets('X-Answer', 'yes')] }, { answer });
    const got = await world.call('GET /pets');
    expect(got.status).toBe(500);
    expect(JSON.parse(got.body)).toEqual({
      code: '500',
      message: 'Internal Server Error',
      description: `Schema validation failed in the Response: ${problem}`,
    });
    expect(world.gateway.ended[0]?.fault).toBe('answerUnfit');
    expect(got.headers).not.toHaveProperty('x-answer');
    expect(world.budget.held).toBe(0);
    expect((await world.call('PUT /pets')).status).toBe(200);
  });

  it('streams what is described as something else than JSON, however long it is', async () => {
    const responses = { 200: { content: { 'application/json': { schema: pet }, 'image/png': {} } } };
    const paths = {
      '/pets': Object.fromEntries(['get', 'post', 'put', 'delete'].map((verb) => [verb, { responses }])),
    };
    const validatedBy = JSON.stringify({ openapi: '3.0.1', info: {}, paths });
    const image = 'x'.repeat(50_000);
    world = await startMediated({ validatedBy }, { answer: ok(image, ['Content-Type: image/png']) });
    expect(await world.call('GET /pets')).toMatchObject({ status: 200, body: image });
    expect(world.budget.held).toBe(0);
  });

  it('asks its backends for answers that it can read', async () => {
    world = await startMediated(contract, { answer: answerOf('{"name":"Rex"}') });
    await world.call('GET /pets', ['Accept-Encoding: gzip, br']);
    expect(world.backend.header('accept-encoding')).toEqual(['identity']);
  });

  it('keeps in its cache only what fits', async () => {
    let body = '{"name":5}';
    world = await startMediated(
      { ...contract, cacheSeconds: 60 },
      { answer: (_, socket) => void socket.write(answerOf(body)) },
    );
    expect((await world.call('GET /pets')).status).toBe(500);
    body = '{"name":"Rex"}';
    expect((await world.call('GET /pets')).status).toBe(200);
    body = '{"name":5}';
    expect((await world.call('GET /pets')).body).toBe('{"name":"Rex"}');
    expect(world.backend.requestLines).toHaveLength(2);
  });

  it('answers a backend that fails half-way with a whole fault', async () => {
    world = await startMediated(contract, {
      answer: (_, socket) =>
        socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{'),
    });
    const answer = await world.call('GET /pets');
    expect(answer.status).toBe(502);
    expect(world.budget.held).toBe(0);
  });

  it('reads bodies up to a limit, and says 413 above it', async () => {
    world = await startMediated(contract, { maxBodyBytes: 50 });
    expect((await world.call('POST /pets', json, JSON.stringify({ name: 'x'.repeat(60) }))).status).toBe(413);
    expect(world.backend.requestLines).toEqual([]);
  });

  it('waits for a body so long and no longer: 408, and nothing is held for it', async () => {
    world = await startMediated(contract, { deadlineMillis: 100 });
    const lines = ['Authorization: Bearer good', ...json, 'Content-Length: 14'];
    const text = await exchangeBytes(world.gateway.port, `${head('POST /petstore/1.0.0/pets', lines)}{"name`);
    expect(parseAnswer(text).status).toBe(408);
    expect(world.budget.held).toBe(0);
    expect(world.backend.requestLines).toEqual([]);
  });

  it('tells a client that asks first to go on, once', async () => {
    world = await startMediated(contract);
    const body = '{"name":"Rex"}';
    const lines = ['Authorization: Bearer good', ...json, 'Expect: 100-continue', `Content-Length: ${body.length}`];
    const text = await exchangeBytes(world.gateway.port, head('POST /petstore/1.0.0/pets', lines) + body);
    expect(text.match(/HTTP\/1\.1 100 Continue/g)).toHaveLength(1);
    expect(parseAnswer(text.slice(text.indexOf('HTTP/1.1 200'))).status).toBe(200);
  });

  it('refuses by the head before it reads a body, and by the token before that', async () => {
    world = await startMediated(contract);
    const lines = [...json, 'Expect: 100-continue', 'Content-Length: 14'];
    const bad = await exchangeBytes(
      world.gateway.port,
      head('POST /petstore/1.0.0/pets', ['Authorization: Bearer bad', ...lines]),
    );
    expect(bad).toMatch(/^HTTP\/1\.1 401/);
    expect((await world.call('POST /pets', ['Authorization: Bearer bad', ...json], '{}')).status).toBe(401);
  });

  it('forgets a body whose client has left', async () => {
    world = await startMediated(contract);
    const lines = ['Authorization: Bearer good', ...json, 'Content-Length: 100'];
    await exchangeBytes(world.gateway.port, `${head('POST /petstore/1.0.0/pets', lines)}{"name"`, true);
    expect(world.backend.requestLines).toEqual([]);
    expect(world.budget.held).toBe(0);
  });

  it('holds no more bodies than it may', async () => {
    world = await startMediated(contract);
    world.budget.take(99_995);
    const answer = await world.call('POST /pets', json, '{"name":"Rex"}');
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([503, '900900']);
    expect(world.gateway.ended[0]?.fault).toBe('mediationBusy');
    expect(answer.headers).toMatchObject({ 'retry-after': '1' });
    expect(world.budget.held).toBe(99_995);
  });

  it.each([
    ['is none', 'nothing'],
    ['leaves an operation out', documentWith().replace('"/open"', '"/opened"')],
    ['has a pattern that could not be bounded', documentWith({ type: 'string', pattern: '(a)\\1' })],
  ])('is closed, and says why in the log, when its document %s', async (_, validatedBy) => {
    world = await startMediated({ validatedBy }, { answer: answerOf('"a"') });
    const line = validatedBy.includes('opened') ? 'GET /open' : 'POST /pets';
    const answer = await world.call(line, json, line.startsWith('POST') ? '"a"' : '');
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body).code).toBe('900900');
    expect(world.backend.requestLines).toEqual([]);
  });
});
