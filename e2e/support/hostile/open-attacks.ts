import { gzipSync } from 'node:zlib';
import { type Attack, type Expected, form, invalidRequest, type Listener, oauth, wso2 } from './attack.js';

type Sent = Pick<Attack, 'answer'> & Partial<Attack>;

const attack = (at: Listener, endpoint: string, what: string, sent: Sent): Attack => ({
  ...{ at, endpoint, what, method: 'GET', path: endpoint, authorization: '', headers: {} },
  ...sent,
});

const invalidToken = oauth(401, 'invalid_token', { 'www-authenticate': /^Bearer .*error="invalid_token"/ });
/** RFC 6750 §3.1: a request without any credentials is not told of an error. */
const noToken: Expected = oauth(401, 'invalid_token', { 'www-authenticate': /^Bearer realm="Keygate"$/ });

const json = { 'Content-Type': 'application/json' };
const unsignedJwt = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.';

/** What is no access token, for whoever takes one in the header. */
const badTokens: readonly (readonly [what: string, authorization: string])[] = [
  ['an unknown token', 'Bearer canary'],
  ['a JWT without a signature', `Bearer ${unsignedJwt}`],
  ['a token of 10,000 characters', `Bearer ${'f'.repeat(10_000)}`],
  ['a token with dots only', 'Bearer ...'],
];
const malformedTokens: readonly (readonly [what: string, authorization: string])[] = [
  ['an empty token', 'Bearer'],
  ['two tokens', 'Bearer canary canary'],
  ['two tokens and a comma', 'Bearer canary, Bearer canary'],
];
const noTokens: readonly (readonly [what: string, authorization: string])[] = [
  ['no token', ''],
  ['another scheme', 'Basic Y2FuYXJ5OmNhbmFyeQ=='],
];

/** OpenID Connect Core §5.3, with the errors of RFC 6750 §3. */
export function userInfoAttacks(at: Listener, path: string): Attack[] {
  const post = (what: string, body: string, answer: Expected, sent: Partial<Attack> = {}) =>
    attack(at, path, what, { method: 'POST', headers: { 'Content-Type': form }, body, answer, ...sent });
  return [
    ...[...badTokens, ...malformedTokens].map(([what, authorization]) =>
      attack(at, path, what, { authorization, answer: invalidToken }),
    ),
    ...noTokens.map(([what, authorization]) => attack(at, path, what, { authorization, answer: noToken })),
    attack(at, path, 'a token in the query', { path: `${path}?access_token=canary`, answer: noToken }),
    attack(at, path, 'two Authorization headers', {
      headers: { Authorization: ['Bearer canary', 'Bearer canary2'] },
      answer: invalidToken,
    }),
    post('a token in the header and in the form', 'access_token=canary', invalidRequest(), {
      authorization: 'Bearer canary',
    }),
    post('two tokens in the form', 'access_token=canary&access_token=b', invalidRequest()),
    post('a token in the form that is none', 'access_token={canary}', invalidToken),
    post('a form of 1 MiB', `access_token=${'a'.repeat(1_048_576)}`, invalidRequest(413)),
    post('a percent sign without digits', 'access_token=%zz', invalidRequest()),
    post('XML', '<canary/>', invalidRequest(415), { headers: { 'Content-Type': 'application/xml' } }),
    post('gzip', 'access_token=canary', invalidRequest(415), {
      headers: { 'Content-Type': form, 'Content-Encoding': 'gzip' },
    }),
  ];
}

/** What anybody may read: nothing that is sent changes it. */
export function documentAttacks(at: Listener, path: string): Attack[] {
  const answer: Expected = { status: 200, shape: 'document' };
  return [
    attack(at, path, 'a query', { path: `${path}?kid={canary}&callback=%zz`, answer }),
    attack(at, path, 'an Authorization header', { authorization: 'Bearer canary', answer }),
    attack(at, path, 'a body with GET', { headers: json, body: '{"canary":1}', answer }),
    ...['POST', 'PUT', 'DELETE'].map((method) =>
      attack(at, path, method, { method, answer: { ...invalidRequest(405), headers: { allow: /^GET, HEAD/ } } }),
    ),
  ];
}

/** The paths of the gateway that are kept free for endpoints it doesn't have. */
export function unservedAttacks(path: string): Attack[] {
  return ['GET', 'POST', 'PUT', 'DELETE'].map((method) =>
    attack('gateway', path, method, { method, path: `${path}?canary={canary}`, answer: wso2(404) }),
  );
}

/** The gateway sends browsers on to the key manager, with the request as it came. */
export function handOverAttacks(path: string): Attack[] {
  const location = /^https:\/\/localhost:\d+\/oauth2\/authorize(\?[\x21\x23-\x3b\x3d\x3f-\x7e]*)?$/;
  const to = (status: number): Expected => ({ status, shape: 'hand-over', headers: { location } });
  const post = (what: string, body: string | Buffer, answer: Expected, headers: Attack['headers'] = {}) =>
    attack('gateway', path, what, { method: 'POST', headers: { 'Content-Type': form, ...headers }, body, answer });
  return [
    attack('gateway', path, 'another place in the query', {
      path: `${path}?next=//evil.example/&a={canary}`,
      answer: to(302),
    }),
    attack('gateway', path, 'an escaped line break', { path: `${path}?a=%0d%0aSet-Cookie:%20b`, answer: to(302) }),
    attack('gateway', path, 'a query of 9,000 characters', {
      path: `${path}?a=${'a'.repeat(8_180)}`,
      answer: invalidRequest(),
    }),
    post('a line break in the form', 'a=%0d%0aSet-Cookie:+b&next=//evil.example/', to(303)),
    post('a form of 60,000 characters', `a=${'a'.repeat(60_000)}`, invalidRequest()),
    post('a form of 1 MiB', `a=${'a'.repeat(1_048_576)}`, invalidRequest(413)),
    post('bytes that are not UTF-8', 'a=%ff', invalidRequest()),
    post('gzip', gzipSync('a=b'), invalidRequest(415), { 'Content-Encoding': 'gzip' }),
    post('JSON', '{}', invalidRequest(415), { 'Content-Type': 'application/json' }),
    ...['PUT', 'DELETE', 'OPTIONS'].map((method) =>
      attack('gateway', path, method, {
        method,
        answer: { ...invalidRequest(405), headers: { allow: /^GET, HEAD, POST$/ } },
      }),
    ),
  ];
}

/** Paths that lead nowhere. */
export function strayAttacks(at: Listener): Attack[] {
  const rows: [path: string, answer: Expected][] = [
    ['/{canary}', wso2(404)],
    ['/oauth2/token/{canary}', wso2(404)],
    // The gateway takes no encoded slash: API paths with one could be read in two ways.
    ['/oauth2/token%2f', wso2(at === 'gateway' ? 400 : 404)],
    ['/OAUTH2/TOKEN', wso2(404)],
    ['/.env', wso2(404)],
    ['/t/{canary}/oauth2/token', wso2(404)],
  ];
  return rows.map(([path, answer]) => attack(at, 'no endpoint', path, { path, answer }));
}

const bearerChallenge = { 'www-authenticate': /^Bearer / };
const basicChallenge = { 'www-authenticate': /^Basic / };

/** One of each kind of REST route, as the parts that read a request are the same for all. */
export function restAttacks(path: string, shape: 'wso2' | 'scim' = 'wso2'): Attack[] {
  const refused: Expected = { ...wso2(401, shape === 'scim' ? basicChallenge : bearerChallenge), shape };
  return [
    ...[...badTokens, ...malformedTokens, ...noTokens].map(([what, authorization]) =>
      attack('key manager', path, what, { authorization, answer: refused }),
    ),
    attack('key manager', path, 'a wrong method', { method: 'PROPFIND', answer: wso2(404) }),
    attack('key manager', path, 'a token in the query', { path: `${path}?access_token=canary`, answer: refused }),
    attack('key manager', path, 'two Authorization headers', {
      headers: { Authorization: ['Bearer {token}', 'Bearer canary'] },
      answer: { ...wso2(400), shape },
    }),
    attack('key manager', path, 'an upload of a stranger', {
      ...{ method: 'POST', headers: json, body: 'x'.repeat(900_000), answer: refused },
    }),
  ];
}

/** Where somebody who may call sends JSON by POST: what would be taken, and the member that is a name. */
export interface JsonRoute {
  readonly path: string;
  readonly authorization: string;
  readonly shape: 'wso2' | 'scim';
  readonly members: Readonly<Record<string, unknown>>;
  readonly name: string;
}

export function jsonAttacks({ path, authorization, shape, members, name }: JsonRoute): Attack[] {
  const costly = authorization.startsWith('Basic');
  const post = (what: string, body: string | Buffer, status: number, headers: Attack['headers'] = json) =>
    attack('key manager', path, what, {
      ...{ method: 'POST', authorization, headers, body, costly, answer: { ...wso2(status), shape } },
    });
  const named = (value: unknown) => JSON.stringify({ ...members, [name]: value });
  const withMember = (member: string) => `{${member},${JSON.stringify(members).slice(1)}`;
  return [
    post('half an object', '{"canary":', 400),
    post('text', 'canary', 400),
    post('an array', '["canary"]', 400),
    post('null', 'null', 400),
    post('a NUL', named('can\0ary'), 400),
    post('a lone surrogate', named('canary\ud800'), 400),
    post('members of objects', withMember('"__proto__":{"canary":1}'), 400),
    post('a constructor', withMember('"constructor":{"prototype":{"canary":1}}'), 400),
    post('sixty thousand brackets', '['.repeat(60_000), 400),
    post('a name of 10,000 characters', named('n'.repeat(10_000)), 400),
    post('a number where text belongs', named(1e300), 400),
    post('an object where text belongs', named({ canary: 1 }), 400),
    post('2 MiB', named('n'.repeat(2_097_152)), 413),
    post('XML', '<canary/>', 415, { 'Content-Type': 'application/xml' }),
    post('a form', 'name=canary', 415, { 'Content-Type': form }),
    post('gzip', gzipSync('{"name":"canary"}'), 415, { ...json, 'Content-Encoding': 'gzip' }),
  ];
}

/** Paths and queries of somebody who may call. */
export function restPathAttacks(path: string): Attack[] {
  return [
    ...['%00', '..%2f..%2fetc%2fpasswd', "'%20or%201=1", '%f0%9f%94%91'].map((id) =>
      attack('key manager', path, `the id ${id}`, {
        path: `${path}/${id}`,
        authorization: 'Bearer {token}',
        // WSO2's code for an application that is not there.
        answer: { ...wso2(404), error: 900_307 },
      }),
    ),
    attack('key manager', path, 'an id of 200 characters', {
      path: `${path}/${'x'.repeat(200)}`,
      authorization: 'Bearer {token}',
      answer: wso2(400),
    }),
    attack('key manager', path, 'a limit that is none', {
      path: `${path}?limit={canary}`,
      authorization: 'Bearer {token}',
      answer: wso2(400),
    }),
    attack('key manager', path, 'a limit beyond numbers', {
      path: `${path}?limit=1e999&offset=-1`,
      authorization: 'Bearer {token}',
      answer: wso2(400),
    }),
    attack('key manager', path, 'two limits', {
      path: `${path}?limit=1&limit=2`,
      authorization: 'Bearer {token}',
      answer: wso2(400),
    }),
  ];
}

/** WSO2's registration: by a user's own name and password. */
export function wso2RegistrationAttacks(path: string): Attack[] {
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
  const post = (what: string, sent: Sent) =>
    attack('key manager', path, what, { method: 'POST', headers: json, ...sent });
  const refused = wso2(401, basicChallenge);
  const mine = 'Basic {user}:{password}';
  return [
    post('nobody', { body: '{}', answer: refused }),
    post('a wrong password', { authorization: basic('admin:canary'), body: '{}', answer: refused, costly: true }),
    post('an unknown user', { authorization: basic('canary:canary'), body: '{}', answer: refused, costly: true }),
    post('a NUL in the user name', {
      authorization: basic('ad\0min:canary'),
      body: '{}',
      answer: refused,
      costly: true,
    }),
    post('a name of 4,000 characters', {
      authorization: basic(`${'n'.repeat(4_000)}:x`),
      body: '{}',
      answer: refused,
      costly: true,
    }),
    post('a bearer token', { authorization: 'Bearer {token}', body: '{}', answer: refused }),
    post('no name', { authorization: mine, body: '{"grantType":"canary"}', answer: wso2(400), costly: true }),
    post('a NUL in the name', {
      authorization: mine,
      body: '{"clientName":"can\\u0000ary"}',
      answer: wso2(400),
      costly: true,
    }),
    post('a lone surrogate in the name', {
      authorization: mine,
      body: '{"clientName":"canary\\udfff"}',
      answer: wso2(400),
      costly: true,
    }),
    post('a callback that runs', {
      ...{ authorization: mine, costly: true, answer: wso2(400) },
      body: '{"clientName":"canary","callbackUrl":"javascript:alert(1)","grantType":"authorization_code"}',
    }),
    post('half an object', { authorization: mine, body: '{"clientName":"canary"', answer: wso2(400), costly: true }),
  ];
}
