import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../apis/test/catalog.js';
import { call, startTestGateway, type TestGateway } from './test/gateway.js';
import { ok, RecordingBackend } from './test/recording-backend.js';

let backend: RecordingBackend;
let gateway: TestGateway;

/** `/admin` needs a scope the caller has not got, everything else needs none: what a bypass would look for. */
beforeAll(async () => {
  backend = await RecordingBackend.start(ok('reached'));
  const api = anApi({
    effectiveContext: '/api',
    productionEndpoint: { urls: [backend.url], timeoutMillis: 0, trustedCertificates: [] },
    resources: [
      aResource('GET /secure/admin', { scopes: ['admin'] }),
      aResource('GET /*', { authType: AuthType.AUTH_TYPE_NONE }),
    ],
  });
  const ruled = anApi({
    id: 'api-2',
    effectiveContext: '/ruled',
    subscriptionRequired: false,
    productionEndpoint: { urls: [backend.url], timeoutMillis: 0, trustedCertificates: [] },
    resources: [
      aResource('GET /files', { scopes: ['list'] }),
      aResource('GET /files/{id}', { scopes: ['read'] }),
      aResource('GET /files/{id}/secret', { scopes: ['admin'] }),
      aResource('GET /files/*', { scopes: ['rest'] }),
    ],
  });
  gateway = await startTestGateway(catalogOf({ apis: [api, ruled] }));
});

afterAll(async () => {
  await gateway.stop();
  await backend.stop();
});

/** One character of a path in one of the ways it can be written, some of them wrong. */
const spelled = (character: string): fc.Arbitrary<string> => {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(character) },
    { weight: 2, arbitrary: fc.constantFrom(`%${hex}`, `%${hex.toUpperCase()}`) },
    { weight: 1, arbitrary: fc.constantFrom(`%25${hex}`, `%c1%${hex}`, `%u00${hex}`) },
  );
};

const slash = fc.oneof(
  { weight: 8, arbitrary: fc.constant('/') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '//',
      '/./',
      '/x/../',
      '/%2e/',
      '/%2e%2e/',
      '\\',
      '%2f',
      '%5c',
      ';/',
      ';a=b/',
      '/;/',
      '/..;/',
      '/x/..%3b/',
      '%3b/',
      '/%00/',
    ),
  },
);
const tail = fc.constantFrom(
  '',
  '',
  '/',
  '/.',
  '/..',
  ';',
  ';x=1',
  ';/x',
  '%3Bx',
  '?',
  '?a=/..',
  '#x',
  '%00',
  '%20',
  '.',
  '%2e',
  '/;',
);

const word = (text: string) => fc.tuple(...[...text].map(spelled)).map((parts) => parts.join(''));

const path = fc
  .tuple(slash, word('secure'), slash, word('admin'), tail)
  .map((parts) => parts.join(''))
  .filter((text) => !text.startsWith('//') || text.length > 0);

/** The most generous backend there is: decodes once, drops matrix parameters, merges slashes, resolves dots. */
function asRead(target: string): string {
  const raw = target.split(/[?#]/, 1)[0] as string;
  const decoded = raw.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const segments: string[] = [];
  for (const segment of decoded.replaceAll('\\', '/').split('/')) {
    const name = segment.split(';', 1)[0] as string;
    if (name === '..') segments.pop();
    else if (name !== '' && name !== '.') segments.push(name);
  }
  return `/${segments.join('/')}`;
}

it('no spelling of a protected path reaches the backend, and what is let through arrives byte for byte', async () => {
  let forwarded = 0;
  await fc.assert(
    fc.asyncProperty(path, async (spelling) => {
      const before = backend.requestLines.length;
      const { status } = await call(gateway.port, `GET /api${spelling}`);
      const seen = backend.requestLines.slice(before);
      if (status !== 200) {
        expect(seen).toEqual([]);
        return;
      }
      forwarded++;
      expect(seen).toEqual([`GET ${spelling} HTTP/1.1`]);
      expect(asRead(spelling)).not.toBe('/secure/admin');
    }),
    { numRuns: 300 },
  );
  expect(forwarded).toBeGreaterThan(0);
});

it.each([
  '/secure/admin',
  '/secure/%61dmin',
  '/%73ecure/admin',
  '/secure/admin/',
  '/secure/admin;x=1',
  '/secure;y/admin',
  '/secure/admin?x',
])('%s is the protected resource, whatever its spelling', async (spelling) => {
  expect((await call(gateway.port, `GET /api${spelling}`)).status).not.toBe(200);
  const plain = !spelling.includes(';');
  expect((await call(gateway.port, `GET /api${spelling}`, ['Authorization: Bearer scopes-admin'])).status).toBe(
    plain ? 200 : 400,
  );
});

/** Which scope the path needs, read as the most generous backend reads it; written apart from the gateway's own matching. */
function scopeFor(target: string): string {
  const [, files, id, secret, ...rest] = asRead(target).split('/');
  if (files !== 'files') return 'none';
  if (id === undefined) return 'list';
  if (secret === undefined) return 'read';
  return secret === 'secret' && rest.length === 0 ? 'admin' : 'rest';
}

const parts = fc.constantFrom(
  '7',
  'secret',
  'secret',
  'x',
  '..',
  '%2e%2e',
  '.',
  '',
  ';a',
  '7;b=c',
  'secret;d',
  '%73ecret',
  'secre%74',
  '%2f',
  'x%5cy',
  '*',
  '%252e',
);
const ruledPath = fc
  .tuple(word('files'), fc.array(parts, { maxLength: 4 }), fc.constantFrom('', '/', '?q=/secret', ';'))
  .map(([first, more, end]) => `/${[first, ...more].join('/')}${end}`);

it('whatever the rule and the spelling, only the scope of what the backend reads opens it', async () => {
  let forwarded = 0;
  await fc.assert(
    fc.asyncProperty(ruledPath, fc.constantFrom('list', 'read', 'admin', 'rest'), async (spelling, scope) => {
      const before = backend.requestLines.length;
      const { status } = await call(gateway.port, `GET /ruled${spelling}`, [`Authorization: Bearer scopes-${scope}`]);
      const seen = backend.requestLines.slice(before);
      if (status !== 200) {
        expect(seen).toEqual([]);
        return;
      }
      forwarded++;
      expect(seen).toEqual([`GET ${spelling} HTTP/1.1`]);
      expect(scopeFor(spelling)).toBe(scope);
    }),
    { numRuns: 800 },
  );
  expect(forwarded).toBeGreaterThan(20);
});
