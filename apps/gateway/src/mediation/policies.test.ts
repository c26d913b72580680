import { afterEach, describe, expect, it } from 'vitest';
import { aResource } from '../apis/test/catalog.js';
import { exchangeBytes, head, parseAnswer } from '../proxy/test/gateway.js';
import { ok } from '../proxy/test/recording-backend.js';
import { aMediation, aPolicy, type MediatedGateway, removes, sets, startMediated } from './test/mediated-gateway.js';

let world: MediatedGateway;
afterEach(() => world.stop());

describe('policies on headers', () => {
  it('set and take out what goes to the backend, the API first, then the resource', async () => {
    world = await startMediated(
      { request: [sets('X-Tier', 'api'), sets('X-From', 'api'), removes('X-Secret')] },
      {
        api: {
          resources: [aResource('GET /pets', { mediation: aMediation({ request: [sets('X-Tier', 'resource')] }) })],
        },
      },
    );
    const answer = await world.call('GET /pets', ['X-Secret: 1', 'X_Secret: 2', 'x-tier: mine', 'X-Kept: yes']);
    expect(answer.status).toBe(200);
    expect(world.backend.header('x-tier')).toEqual(['resource']);
    expect(world.backend.header('x-from')).toEqual(['api']);
    expect(world.backend.header('x-secret')).toEqual([]);
    expect(world.backend.header('x_secret')).toEqual([]);
    expect(world.backend.header('x-kept')).toEqual(['yes']);
  });

  it('change what comes back, and leave faults of the gateway to the fault flow', async () => {
    world = await startMediated(
      { response: [sets('X-Answer', 'yes'), removes('X-Powered-By')], fault: [sets('X-Fault', 'yes')] },
      { answer: ok('hello', ['X-Powered-By: secret', 'X-Answer: no']) },
    );
    const answer = await world.call('GET /pets');
    expect(answer.headers).toMatchObject({ 'x-answer': 'yes' });
    expect(answer.headers).not.toHaveProperty('x-powered-by');
    expect(answer.headers).not.toHaveProperty('x-fault');
    const refused = await world.call('GET /pets', ['Authorization: Bearer bad']);
    expect(refused.status).toBe(401);
    expect(refused.headers).toMatchObject({ 'x-fault': 'yes' });
    expect(refused.headers).not.toHaveProperty('x-answer');
    const unknown = await world.call('PATCH /pets');
    expect(unknown.status).toBe(405);
    expect(unknown.headers).toMatchObject({ 'x-fault': 'yes' });
  });

  it.each([
    ['a header of the gateway', sets('X-JWT-Assertion', 'me')],
    ['the framing', removes('Content-Length')],
    ['a second line', sets('X-A', 'b\r\nX-C: d')],
    ['a policy nobody knows', aPolicy('mystery')],
    ['no parameters', { name: 'addHeader', version: 'v1', parameters: 'nonsense' }],
  ])('that cannot be applied keep the API closed: %s', async (_, policy) => {
    world = await startMediated({ request: [policy] });
    const answer = await world.call('GET /pets');
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('"code":"900900"');
    expect(world.gateway.ended[0]?.fault).toBe('mediationBroken');
    expect(world.backend.requestLines).toEqual([]);
  });
});

describe('jsonToXML', () => {
  const json = ['Content-Type: application/json'];

  it('sends a JSON body as XML', async () => {
    world = await startMediated({ request: [aPolicy('jsonToXML')] });
    const answer = await world.call('POST /pets', json, '{"name":"<Rex>","tags":["a","b"],"none":null,"1st":true}');
    expect(answer.status).toBe(200);
    expect(world.backend.header('content-type')).toEqual(['application/xml; charset=UTF-8']);
    const xml =
      '<jsonObject><_JsonReader_PD_1st>true</_JsonReader_PD_1st><name>&#60;Rex&#62;</name><tags>a</tags><tags>b</tags>' +
      '<none xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/></jsonObject>';
    expect(world.backend.received.split('\r\n\r\n')[1]?.length).toBe(xml.length);
    for (const part of xml.split(/(?<=>)/)) expect(world.backend.received).toContain(part);
    expect(world.backend.header('content-length')).toEqual([String(xml.length)]);
  });

  it('passes well-formed XML and what is neither, and requests without a body', async () => {
    world = await startMediated({ request: [aPolicy('jsonToXML')] });
    expect((await world.call('POST /pets', ['Content-Type: text/xml'], '<a b="c"><!-- d --><e/></a>\n')).status).toBe(
      200,
    );
    expect((await world.call('POST /pets', ['Content-Type: text/plain'], '<a\n')).status).toBe(200);
    expect((await world.call('POST /pets', json)).status).toBe(200);
    expect(world.backend.received).toContain('<a b="c"><!-- d --><e/></a>');
  });

  it.each([
    [
      'an open element',
      'application/xml',
      '<request><a/>',
      'Unexpected EOF; was expecting a close tag for element &lt;request&gt;',
    ],
    ['a declared entity', 'application/xml', '<!DOCTYPE a [<!ENTITY b "c">]><a/>', 'Malformed markup'],
    ['half an object', 'application/json', '{"a":', 'The payload is no JSON'],
    [
      'three thousand lists',
      'application/json',
      `${'['.repeat(3_000)}${']'.repeat(3_000)}`,
      'The payload is nested too deeply',
    ],
  ])('answers 601000 for what cannot be read: %s', async (_, type, body, text) => {
    world = await startMediated({ request: [aPolicy('jsonToXML')] });
    const answer = await world.call('POST /pets', [`Content-Type: ${type}`], body);
    expect(answer.status).toBe(500);
    const { code, description } = JSON.parse(answer.body);
    expect([code, world.gateway.ended[0]?.fault]).toEqual(['601000', 'payloadMalformed']);
    expect(description).toBe(text.replace('&lt;', '<').replace('&gt;', '>'));
    expect(world.backend.requestLines).toEqual([]);
  });

  it('reads no more than it may, said before or while it comes', async () => {
    world = await startMediated({ request: [aPolicy('jsonToXML')] }, { maxBodyBytes: 100 });
    const large = JSON.stringify('x'.repeat(200));
    expect((await world.call('POST /pets', json, large)).status).toBe(413);
    const piece = `40\r\n${'x'.repeat(64)}\r\n`;
    const lines = ['Authorization: Bearer good', ...json, 'Transfer-Encoding: chunked'];
    const bytes = head('POST /petstore/1.0.0/pets', lines) + piece + piece;
    expect(parseAnswer(await exchangeBytes(world.gateway.port, bytes, true)).status).toBe(413);
    expect(world.gateway.ended.map(({ fault }) => fault)).toEqual(['bodyTooLarge', 'bodyTooLarge']);
    expect(world.backend.requestLines).toEqual([]);
    expect(world.budget.held).toBe(0);
  });
});
