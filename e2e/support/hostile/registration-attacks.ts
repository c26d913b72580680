import { gzipSync } from 'node:zlib';
import type { Attack, Expected } from './attack.js';

const json = { 'Content-Type': 'application/json' };
const path = '/oauth2/register';

const refused = (status: number, error: string, headers: Expected['headers'] = {}): Expected => ({
  ...{ status, shape: 'registration', error },
  headers: { 'cache-control': /no-store/, ...headers },
});
const malformed = refused(400, 'invalid_client_metadata');
const noCaller = refused(401, 'invalid_token', { 'www-authenticate': /^(Bearer|Basic) realm=/ });

type Sent = Pick<Attack, 'answer'> & Partial<Attack>;

const attack = (what: string, sent: Sent): Attack => ({
  ...{ at: 'key manager', endpoint: path, what, method: 'POST', path, authorization: 'Bearer {token}', headers: json },
  ...sent,
});
const metadata = (what: string, members: object, answer: Expected): Attack =>
  attack(what, { body: JSON.stringify({ redirect_uris: ['https://client.example/cb'], ...members }), answer });

/** RFC 7591 §3: metadata of clients. */
const registrations: readonly Attack[] = [
  attack('nobody', { authorization: '', body: '{}', answer: noCaller }),
  attack('an unknown token', { authorization: 'Bearer canary', body: '{}', answer: noCaller }),
  attack('a wrong password', { authorization: 'Basic {user}:canary', body: '{}', answer: noCaller, costly: true }),
  attack('an upload of a stranger', { authorization: '', body: 'x'.repeat(500_000), answer: noCaller }),
  attack('two Authorization headers', {
    authorization: '',
    headers: { ...json, Authorization: ['Bearer {token}', 'Bearer canary'] },
    body: '{}',
    answer: malformed,
  }),
  attack('half an object', { body: '{"canary":', answer: malformed }),
  attack('an array', { body: '["canary"]', answer: malformed }),
  attack('members of objects', { body: '{"__proto__":{"canary":1}}', answer: malformed }),
  attack('sixty thousand brackets', { body: '['.repeat(60_000), answer: malformed }),
  attack('1 MiB', {
    body: JSON.stringify({ client_name: 'n'.repeat(1_048_576) }),
    answer: refused(413, 'invalid_client_metadata'),
  }),
  attack('a form', {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'client_name=canary',
    answer: refused(415, 'invalid_client_metadata'),
  }),
  attack('gzip', {
    headers: { ...json, 'Content-Encoding': 'gzip' },
    body: gzipSync('{}'),
    answer: refused(415, 'invalid_client_metadata'),
  }),
  metadata('a NUL in the name', { client_name: 'can\0ary' }, malformed),
  metadata('a lone surrogate in the name', { client_name: 'canary\ud800' }, malformed),
  metadata('a name of 10,000 characters', { client_name: 'n'.repeat(10_000) }, malformed),
  metadata('a name that is an object', { client_name: { canary: 1 } }, malformed),
  metadata('an unknown grant', { grant_types: ['canary'] }, malformed),
  metadata('an unknown way to prove itself', { token_endpoint_auth_method: 'canary' }, malformed),
  metadata('a key that is private', { jwks: { keys: [{ kty: 'oct', k: 'Y2FuYXJ5' }] } }, malformed),
  ...[
    'javascript:alert(1)',
    'data:text/html,canary',
    'http://canary.example/cb',
    'https://a.example/cb#canary',
    'canary',
    'file:///etc/passwd',
  ].map((uri) => metadata(`the address ${uri}`, { redirect_uris: [uri] }, refused(400, 'invalid_redirect_uri'))),
  metadata(
    'a thousand addresses',
    { redirect_uris: Array.from({ length: 1_000 }, (_, n) => `https://a.example/${n}`) },
    refused(400, 'invalid_redirect_uri'),
  ),
  metadata(
    'keys over http',
    { jwks_uri: 'http://canary.example/jwks', token_endpoint_auth_method: 'private_key_jwt' },
    malformed,
  ),
  metadata('a page that runs', { client_uri: 'javascript:canary' }, malformed),
];

/** RFC 7592 §2: one client by its own token. */
const managements: readonly Attack[] = ['GET', 'PUT', 'DELETE'].flatMap((method) =>
  [
    ['an unknown client', 'canary', `Bearer ${'c'.repeat(43)}`],
    ['a client that was made another way', '{client}', `Bearer ${'c'.repeat(43)}`],
    ['an access token', '{client}', 'Bearer {token}'],
    ['no token', '{client}', ''],
    ['a NUL in the id', 'a%00b', `Bearer ${'c'.repeat(43)}`],
    ['two tokens', '{client}', `Bearer ${'c'.repeat(43)}, Bearer ${'d'.repeat(43)}`],
  ].map(([what, id, authorization = '']) =>
    attack(`${method}: ${what}`, {
      ...{ endpoint: `${path}/{id}`, method, path: `${path}/${id}`, authorization, answer: noCaller },
      ...(method === 'PUT' ? { body: '{"canary":1}' } : { headers: {} }),
    }),
  ),
);

export const registrationAttacks = [...registrations, ...managements];
