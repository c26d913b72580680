import { readFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { createServer as createHttp2Server, createSecureServer } from 'node:http2';
import { request } from 'node:https';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import {
  Client,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { temporaryFolder, waitUntil } from '@keygate/common/testing';
import { caCertificateFile, ensureCertificate, type PemPair } from '@keygate/common/tls';
import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../../apis/test/catalog.js';
import { gatewaySchema } from '../../config/gateway.config.js';
import type { Exchange } from '../../pipeline/exchange.js';
import { createRequestHandler } from '../../pipeline/request-handler.js';
import { createProtocols } from '../protocols.js';
import { listening, verdictFor } from '../test/gateway.js';
import { createTurns } from '../turns.js';
import { grpcTimeoutMillis } from './grpc-timeout.js';

const plain = (value: Buffer) => value;
const method = (path: string, requestStream: boolean, responseStream: boolean) => ({
  path,
  requestStream,
  responseStream,
  requestSerialize: plain,
  requestDeserialize: plain,
  responseSerialize: plain,
  responseDeserialize: plain,
});
const cancelled: string[] = [];
const seen: Metadata[] = [];

const unary: handleUnaryCall<Buffer, Buffer> = (one, answer) => {
  seen.push(one.metadata);
  if (one.request.toString() === 'fail') {
    const trailers = new Metadata();
    trailers.set('x-trailer', 'of a failure');
    answer({ code: status.FAILED_PRECONDITION, details: 'not ü today', metadata: trailers });
    return;
  }
  if (one.request.toString() === 'hang') {
    one.on('cancelled', () => cancelled.push('unary'));
    return;
  }
  const trailers = new Metadata();
  trailers.set('x-trailer', 'of a success');
  answer(null, Buffer.from(`hello ${one.request.toString()}`), trailers);
};
const collect: handleClientStreamingCall<Buffer, Buffer> = (one, answer) => {
  const parts: string[] = [];
  one.on('data', (part: Buffer) => parts.push(part.toString()));
  one.on('end', () => answer(null, Buffer.from(parts.join(' '))));
};
const list: handleServerStreamingCall<Buffer, Buffer> = (one) => {
  one.on('cancelled', () => cancelled.push('list'));
  if (one.request.toString() === 'forever') {
    const more = setInterval(() => one.write(Buffer.from('again')), 5);
    one.on('cancelled', () => clearInterval(more));
    return;
  }
  for (const part of ['a', 'b', 'c']) one.write(Buffer.from(part));
  one.end();
};
const chat: handleBidiStreamingCall<Buffer, Buffer> = (one) => {
  one.on('data', (part: Buffer) => one.write(Buffer.from(`re: ${part.toString()}`)));
  one.on('end', () => one.end());
};

let pair: PemPair & { readonly ca: string };
let backend: Server;
let secure: Server;
let broken: ReturnType<typeof createNetServer>;
let gateway: HttpServer;
let plainGateway: HttpServer;
let destroy: () => void;
const ended: Exchange[] = [];
let client: Client;
let secureClient: Client;

async function serve(identity: ServerCredentials): Promise<[Server, number]> {
  const server = new Server();
  server.addService(
    {
      unary: method('/pets.Pets/Get', false, false),
      collect: method('/pets.Pets/Collect', true, false),
      list: method('/pets.Pets/List', false, true),
      chat: method('/pets.Pets/Chat', true, true),
    },
    { unary, collect, list, chat },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', identity, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return [server, port];
}

beforeAll(async () => {
  const { path } = temporaryFolder();
  const issued = await ensureCertificate(path, {
    name: 'backend',
    commonName: 'localhost',
    kind: 'server',
    hosts: ['localhost', '127.0.0.1'],
  });
  pair = { ...issued, ca: readFileSync(caCertificateFile(path), 'utf8') };
  const [open, port] = await serve(ServerCredentials.createInsecure());
  const keys = [{ private_key: Buffer.from(pair.key), cert_chain: Buffer.from(pair.cert) }];
  const [tls, tlsPort] = await serve(ServerCredentials.createSsl(null, keys));
  backend = open;
  secure = tls;
  // Accepts and ends every connection.
  broken = createNetServer((socket) => socket.destroy());
  const brokenPort = await listening(broken);
  const openCalls = { authType: AuthType.AUTH_TYPE_NONE };
  const resources = [
    aResource('POST /Get', { scopes: ['read'] }),
    ...['/Collect', '/List', '/Chat', '/Unknown'].map((target) => aResource(`POST ${target}`, openCalls)),
  ];
  const api = (id: string, service: string, url: string) =>
    anApi({
      id,
      effectiveContext: `/${service}`,
      subscriptionRequired: false,
      productionEndpoint: { urls: [url], timeoutMillis: 0, trustedCertificates: [] },
      resources,
    });
  const catalog = catalogOf({
    apis: [
      api('api-1', 'pets.Pets', `grpc://127.0.0.1:${port}/pets.Pets`),
      api('api-2', 'safe.Pets', `grpcs://localhost:${tlsPort}/pets.Pets`),
      api('api-3', 'broken.Pets', `grpc://127.0.0.1:${brokenPort}/pets.Pets`),
    ],
  });
  const { gateway: config } = gatewaySchema.parse({});
  const protocols = createProtocols({
    config: { ...config, proxy: { ...config.proxy, ca: pair.ca } },
    http: { forward: () => undefined },
    review: () => undefined,
    nextUpstream: createTurns(),
  } as Parameters<typeof createProtocols>[0]);
  destroy = protocols.destroy;
  const handle = createRequestHandler({
    catalog: { current: () => catalog },
    tokens: { lookup: verdictFor },
    forwarder: protocols.forwarder,
    observer: { ended: (exchange) => ended.push(exchange), failed: () => undefined },
    settings: config.limits,
  });
  const listener = (request: unknown, response: unknown) => handle(request as never, response as never, 'http');
  plainGateway = createHttp2Server(listener) as unknown as HttpServer;
  gateway = createSecureServer({ cert: pair.cert, key: pair.key, allowHTTP1: true }, listener) as unknown as HttpServer;
  client = new Client(`127.0.0.1:${await listening(plainGateway)}`, credentials.createInsecure());
  const trust = credentials.createSsl(Buffer.from(pair.ca));
  secureClient = new Client(`localhost:${await listening(gateway)}`, trust);
});

afterAll(async () => {
  client.close();
  secureClient.close();
  destroy();
  backend.forceShutdown();
  secure.forceShutdown();
  for (const server of [gateway, plainGateway, broken]) await new Promise((resolve) => server.close(resolve));
});

const token = (value = 'scopes-read') => {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${value}`);
  metadata.set('x-own', 'kept');
  return metadata;
};

interface Outcome {
  readonly error: ServiceError | null;
  readonly text: string | undefined;
  readonly trailers: Metadata;
}

function get(text: string, path = '/pets.Pets/Get', metadata = token(), options = {}, from = client): Promise<Outcome> {
  return new Promise((resolve) => {
    let error: ServiceError | null = null;
    let answer: string | undefined;
    const one = from.makeUnaryRequest(path, plain, plain, Buffer.from(text), metadata, options, (failed, value) => {
      error = failed;
      answer = value?.toString();
    });
    one.on('status', ({ metadata: trailers }) => setImmediate(() => resolve({ error, text: answer, trailers })));
  });
}

describe('a gRPC call', () => {
  it('of one message each way passes, with metadata and trailers, but without the token', async () => {
    const { text, trailers, error } = await get('world');
    expect([error, text]).toEqual([null, 'hello world']);
    expect(trailers.get('x-trailer')).toEqual(['of a success']);
    expect(seen.at(-1)?.get('x-own')).toEqual(['kept']);
    expect(seen.at(-1)?.get('authorization')).toEqual([]);
  });

  it('may have metadata with the name of anything', async () => {
    const metadata = token();
    metadata.set('constructor', 'mine');
    expect((await get('world', undefined, metadata)).text).toBe('hello world');
    expect(seen.at(-1)?.get('constructor')).toEqual(['mine']);
  });

  it('passes over TLS on both sides', async () => {
    expect((await get('world', '/safe.Pets/Get', token(), {}, secureClient)).text).toBe('hello world');
  });

  it('of many messages to the backend passes', async () => {
    const text = await new Promise((resolve, reject) => {
      const one = client.makeClientStreamRequest('/pets.Pets/Collect', plain, plain, (error, value) =>
        error ? reject(error) : resolve(value?.toString()),
      );
      for (const part of ['one', 'two', 'three']) one.write(Buffer.from(part));
      one.end();
    });
    expect(text).toBe('one two three');
  });

  it('of many messages from the backend passes', async () => {
    const one = client.makeServerStreamRequest('/pets.Pets/List', plain, plain, Buffer.from('all'));
    const parts: string[] = [];
    for await (const part of one) parts.push((part as Buffer).toString());
    expect(parts).toEqual(['a', 'b', 'c']);
  });

  it('of messages both ways passes each as it comes', async () => {
    const one = client.makeBidiStreamRequest('/pets.Pets/Chat', plain, plain);
    one.on('error', () => undefined);
    for (const text of ['first', 'second']) {
      const answer = new Promise((resolve) => one.once('data', (part: Buffer) => resolve(part.toString())));
      one.write(Buffer.from(text));
      expect(await answer).toBe(`re: ${text}`);
    }
    const over = new Promise((resolve) => one.once('status', resolve));
    one.end();
    expect(await over).toMatchObject({ code: status.OK });
  });

  it('keeps the status, its text and its trailers when the backend fails it', async () => {
    const { error } = await get('fail');
    expect(error).toMatchObject({ code: status.FAILED_PRECONDITION, details: 'not ü today' });
    expect(error?.metadata.get('x-trailer')).toEqual(['of a failure']);
    expect((await get('x', '/pets.Pets/Unknown', token())).error?.code).toBe(status.UNIMPLEMENTED);
  });

  it('that is cancelled is cancelled at the backend', async () => {
    cancelled.length = 0;
    const one = client.makeServerStreamRequest('/pets.Pets/List', plain, plain, Buffer.from('forever'));
    one.on('error', () => undefined);
    await new Promise((resolve) => one.once('data', resolve));
    one.cancel();
    await waitUntil(() => cancelled.includes('list'));
  });

  it('ends at its deadline on both sides', async () => {
    cancelled.length = 0;
    const { error } = await get('hang', '/pets.Pets/Get', token(), { deadline: Date.now() + 300 });
    expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
    await waitUntil(() => cancelled.includes('unary'));
  });

  it.each<[string, Metadata, string, number, string]>([
    ['without a token', new Metadata(), '/pets.Pets/Get', status.UNAUTHENTICATED, '900902'],
    ['with a wrong token', token('wrong'), '/pets.Pets/Get', status.UNAUTHENTICATED, '900901'],
    ['without the scope of its method', token('scopes-other'), '/pets.Pets/Get', status.PERMISSION_DENIED, '900910'],
    ['of a method that is not declared', token(), '/pets.Pets/Delete', status.UNIMPLEMENTED, '404'],
    ['to a service that is not there', token(), '/other.Pets/Get', status.UNIMPLEMENTED, '404'],
    ['whose token cannot be checked', token('undecidable'), '/pets.Pets/Get', status.UNAVAILABLE, '900900'],
    ['to a backend that hangs up', token(), '/broken.Pets/Get', status.UNAVAILABLE, '1015'],
  ])('%s is refused in the words of gRPC', async (_, metadata, path, code, text) => {
    const { error } = await get('x', path, metadata);
    expect(error?.code).toBe(code);
    expect(error?.details).toContain(text);
    expect(ended.at(-1)?.status).toBeGreaterThan(399);
  });

  it('over HTTP/1.1 is answered 505', async () => {
    const { port } = gateway.address() as AddressInfo;
    const answer = await new Promise<number>((resolve) => {
      const options = {
        port,
        ca: pair.ca,
        method: 'POST',
        path: '/pets.Pets/Get',
        headers: { authorization: 'Bearer scopes-read' },
      };
      request({ host: 'localhost', ...options }, (response) => resolve(response.statusCode ?? 0)).end();
    });
    expect(answer).toBe(505);
    await waitUntil(() => ended.at(-1)?.status === 505);
    expect(ended.at(-1)?.fault).toBe('http2Required');
  });
});

it.each([
  ['1S', 1_000],
  ['250m', 250],
  ['2H', 7_200_000],
  ['99999999H', 0x7fff_ffff],
  ['1500u', 2],
  ['123456789S', undefined],
  ['1', undefined],
  ['-1S', undefined],
  [undefined, undefined],
])('a grpc-timeout of %s', (value, millis) => {
  expect(grpcTimeoutMillis(value)).toBe(millis);
});
