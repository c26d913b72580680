import { gzipSync } from 'node:zlib';
import { type Attack, type Expected, form, page, wso2 } from './attack.js';

/** The errors that only the user is told: the browser stays here. */
const toErrorPage: Expected = {
  status: 302,
  shape: 'redirect',
  headers: { location: /^\/authenticationendpoint\/oauth2_error\.do\?oauthErrorCode=\w+&oauthErrorMsg=[\w.+%]+$/ },
};

/** The errors that the client is told, at the address it registered and nowhere else. */
const toClient = (error: string, rest = ''): Expected => ({
  status: 302,
  shape: 'redirect',
  headers: { location: new RegExp(`^https://client\\.example/callback[?#]error=${error}&[^#]*${rest}`) },
});

const good = `response_type=code&client_id={coder}&redirect_uri=https%3A%2F%2Fclient.example%2Fcallback&scope=openid&state=s`;
const without = (name: string) => good.replace(new RegExp(`&?${name}=[^&]*`), '');

/** Requests of clients that come through a browser, so that anybody can make them with a link. */
const requests: readonly (readonly [what: string, query: string, answer: Expected])[] = [
  ['nothing', '', toErrorPage],
  ['no client', without('client_id'), toErrorPage],
  ['an unknown client', `${without('client_id')}&client_id={canary}`, toErrorPage],
  ['a NUL in the client id', `${without('client_id')}&client_id={coder}%00`, toErrorPage],
  ['two clients', `${good}&client_id=canary`, toErrorPage],
  ['no redirect URI', without('redirect_uri'), toErrorPage],
  ['two redirect URIs', `${good}&redirect_uri=https%3A%2F%2Fevil.example`, toErrorPage],
  ...[
    'https://evil.example/',
    'https://client.example/callback/../evil',
    'https://client.example/callback?x=1',
    'https://client.example/callback#fragment',
    'https://client.example.evil.example/callback',
    'https://client.example@evil.example/callback',
    'https://client.example\\@evil.example/callback',
    'HTTPS://client.example/callback',
    'https://client.example:443/callback',
    '//client.example/callback',
    'javascript:alert(1)',
    'data:text/html,canary',
    'https://client.example/callback\r\nSet-Cookie: a=b',
    'https://client.example/callback\u0000',
    'https://client.example/call%62ack',
    `https://client.example/${'a'.repeat(5_000)}`,
  ].map((uri): readonly [string, string, Expected] => [
    `the redirect URI ${uri.slice(0, 60)}`,
    `${without('redirect_uri')}&redirect_uri=${encodeURIComponent(uri)}`,
    toErrorPage,
  ]),
  ['no response type', without('response_type'), toClient('invalid_request')],
  [
    'an unknown response type',
    `${without('response_type')}&response_type={canary}`,
    toClient('unsupported_response_type'),
  ],
  ['two scopes', `${good}&scope=canary`, toClient('invalid_request')],
  ['two states', `${good}&state=canary`, toClient('invalid_request')],
  ['a state of 10,000 characters', `${without('state')}&state=${'s'.repeat(7_000)}`, toClient('invalid_request')],
  ['a state with line breaks', `${without('state')}&state=a%0d%0aSet-Cookie:%20b`, toClient('invalid_request')],
  ['a state with a NUL', `${without('state')}&state=can%00ary`, toClient('invalid_request')],
  ['a scope with a quote', `${without('scope')}&scope=%22canary`, toClient('invalid_scope', 'state=s')],
  [
    'a challenge that is too short',
    `${good}&code_challenge=canary&code_challenge_method=S256`,
    toClient('invalid_request', 'state=s'),
  ],
  ['a method without a challenge', `${good}&code_challenge_method=S256`, toClient('invalid_request', 'state=s')],
  [
    'an unknown challenge method',
    `${good}&code_challenge=${'a'.repeat(43)}&code_challenge_method={canary}`,
    toClient('invalid_request', 'state=s'),
  ],
  ['a plain challenge', `${good}&code_challenge=${'a'.repeat(43)}`, toClient('invalid_request', 'state=s')],
  ['an unknown prompt', `${good}&prompt={canary}`, toClient('invalid_request', 'state=s')],
  ['prompt=none with another', `${good}&prompt=none+login`, toClient('invalid_request', 'state=s')],
  ['prompt=none without a login', `${good}&prompt=none`, toClient('login_required', 'state=s')],
  ['a max_age below zero', `${good}&max_age=-1`, toClient('invalid_request', 'state=s')],
  ['a max_age with an exponent', `${good}&max_age=1e3`, toClient('invalid_request', 'state=s')],
  ['a request object', `${good}&request=eyJhbGciOiJub25lIn0.e30.`, toClient('request_not_supported', 'state=s')],
];

/** RFC 9700 §2.6: no CORS at the authorization endpoint. */
const unreadableByPages = (answer: Expected): Expected => ({
  ...answer,
  headers: { ...answer.headers, 'access-control-allow-origin': undefined },
});

const unreadable: readonly (readonly [what: string, query: string])[] = [
  ['a percent sign without digits', `${good}&canary=%zz`],
  ['escaped bytes that are not UTF-8', `${good}&canary=%ff`],
  ['an escaped lone surrogate', `${good}&canary=%ed%a0%80`],
  ['ten thousand parameters', `${good}${'&a=1'.repeat(3_000)}`],
  ['a parameter name of 1,000 characters', `${good}&${'n'.repeat(1_000)}=1`],
];

type Sent = Pick<Attack, 'method' | 'path' | 'headers' | 'answer'> & Partial<Attack>;

const attack = (endpoint: string, what: string, sent: Sent): Attack => ({
  ...{ at: 'key manager', endpoint, what, authorization: '' },
  ...sent,
});
const formType = { 'Content-Type': form };
const step = '00000000-0000-4000-8000-000000000000';

function authorizeAttacks(path: string): Attack[] {
  return [
    ...requests.map(([what, query, answer]) =>
      attack(path, what, { method: 'GET', path: `${path}?${query}`, headers: {}, answer }),
    ),
    ...unreadable.map(([what, query]) =>
      attack(path, what, { method: 'GET', path: `${path}?${query}`, headers: {}, answer: page(400) }),
    ),
    ...unreadable.map(([what, body]) =>
      attack(path, `POST: ${what}`, { method: 'POST', path, headers: formType, body, answer: page(400) }),
    ),
    ...forms(path, good),
    attack(path, 'a page of another origin', {
      method: 'GET',
      path: `${path}?${good}&prompt=none`,
      headers: { Origin: 'https://evil.example' },
      answer: unreadableByPages(toClient('login_required', 'state=s')),
    }),
    attack(path, 'a preflight of another origin', {
      method: 'OPTIONS',
      path,
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
      answer: unreadableByPages(wso2(404)),
    }),
    attack(path, 'a step that is none', {
      method: 'GET',
      path: `${path}?sessionDataKey={canary}`,
      headers: { Cookie: `sessionNonceCookie-${step}=canary` },
      answer: page(400),
    }),
    attack(path, 'a consent to no step', {
      method: 'POST',
      path,
      headers: { ...formType, Cookie: `sessionNonceCookie-${step}=canary; commonAuthId=canary` },
      body: `sessionDataKeyConsent=${step}&consent=approve`,
      answer: page(400),
    }),
    attack(path, 'a consent from another site', {
      method: 'POST',
      path,
      headers: { ...formType, 'Sec-Fetch-Site': 'cross-site' },
      body: `sessionDataKeyConsent=${step}&consent=approve`,
      answer: page(403),
    }),
    attack(path, 'a consent from another origin', {
      method: 'POST',
      path,
      headers: { ...formType, Origin: 'https://evil.example' },
      body: `sessionDataKeyConsent=${step}&consent=approve`,
      answer: page(403),
    }),
  ];
}

/** Whatever takes a form of a browser. */
function forms(path: string, body: string): Attack[] {
  const post = (what: string, sent: Partial<Attack>, status: number) =>
    attack(path, what, { method: 'POST', path, headers: formType, body, answer: page(status), ...sent });
  return [
    post('a body in XML', { headers: { 'Content-Type': 'application/xml' } }, 415),
    post('JSON', { headers: { 'Content-Type': 'application/json' }, body: '{"a":"canary"}' }, 415),
    post('a body of several parts', { headers: { 'Content-Type': 'multipart/form-data; boundary=x' } }, 415),
    post('a body without a type', { headers: {} }, 415),
    post('gzip', { headers: { ...formType, 'Content-Encoding': 'gzip' }, body: gzipSync(body) }, 415),
    post('another charset', { headers: { 'Content-Type': `${form}; charset=utf-7` } }, 400),
    post('a body of 1 MiB', { body: `${body}&password=${'p'.repeat(1_048_576)}` }, 413),
  ];
}

function stepAttacks(path: string, key: string): Attack[] {
  const post = (what: string, body: string, sent: Partial<Attack> = {}) =>
    attack(path, what, { method: 'POST', path, headers: formType, body, answer: page(400), ...sent });
  const cookie = (value: string) => ({ headers: { ...formType, Cookie: value } });
  return [
    ...forms(path, `${key}=${step}&canary=1`),
    post('a step that is none', `${key}={canary}&username={user}&password={password}`),
    post('a step whose cookie is none', `${key}=${step}`, cookie(`sessionNonceCookie-${step}=canary`)),
    post(
      'a step with two cookies',
      `${key}=${step}`,
      cookie(`sessionNonceCookie-${step}=a; sessionNonceCookie-${step}=b`),
    ),
    post('a step of 4,000 characters', `${key}=${step}`, cookie(`sessionNonceCookie-${step}=${'A'.repeat(4_000)}`)),
    post('a step with a NUL', `${key}=${step}%00`),
    post('a percent sign without digits', `${key}=%zz`),
    post('bytes that are not UTF-8', `${key}=%ff`),
    post('another site', `${key}=${step}`, {
      headers: { ...formType, 'Sec-Fetch-Site': 'cross-site' },
      answer: page(403),
    }),
  ];
}

const pages = ['login.do', 'oauth2_consent.do'].flatMap((name) => {
  const path = `/authenticationendpoint/${name}`;
  const get = (what: string, query: string) =>
    attack(path, what, { method: 'GET', path: `${path}?${query}`, headers: {}, answer: page(400) });
  return [
    get('no step', ''),
    get('a step that is none', 'sessionDataKey={canary}&sessionDataKeyConsent={canary}'),
    get('a message of somebody else', `authFailureMsg={canary}&authFailure=true`),
    get('a percent sign without digits', 'a=%zz'),
  ];
});

const device = '/device';
/** Ten wrong codes are free: more would make the others wait (RFC 8628 §5.1). */
const devicePages = [
  attack(device, 'a code of markup', {
    ...{ method: 'GET', path: `${device}?user_code={canary}`, headers: {}, answer: { ...page(200), repeats: true } },
  }),
  attack(device, 'a wrong code of markup', {
    ...{ method: 'POST', path: device, headers: formType, body: 'user_code={canary}', costly: true },
    answer: { ...page(200), repeats: true },
  }),
  attack(device, 'a wrong code with a NUL', {
    ...{ method: 'POST', path: device, headers: formType, body: 'user_code=WDJB%00MJHT', costly: true },
    answer: page(200),
  }),
  attack(device, 'a decision from another site', {
    ...{ method: 'POST', path: device, headers: { ...formType, 'Sec-Fetch-Site': 'cross-site' } },
    ...{ body: 'user_code=WDJB-MJHT&decision=allow', answer: page(403) },
  }),
  ...forms(device, 'decision=allow'),
];

const errorPath = '/authenticationendpoint/oauth2_error.do';
const errorPages = [
  ['markup', 'oauthErrorCode={canary}&oauthErrorMsg={canary}'],
  ['an object member', 'oauthErrorCode=constructor&oauthErrorMsg=x'],
  ['two codes', 'oauthErrorCode=a&oauthErrorCode=invalid_client'],
].map(([what = '', query]) =>
  attack(errorPath, what, { method: 'GET', path: `${errorPath}?${query}`, headers: {}, answer: page(400) }),
);

const logout = '/oidc/logout';
/** Never fails, and never leads anywhere: whoever wants to log out can. */
const logouts = [
  ['an unknown client', 'client_id={canary}&post_logout_redirect_uri=https%3A%2F%2Fevil.example'],
  ['an address of nobody', 'post_logout_redirect_uri=https%3A%2F%2Fevil.example'],
  ['an address that is not the client’s', 'client_id={coder}&post_logout_redirect_uri=https%3A%2F%2Fevil.example'],
  [
    'an id token without a signature',
    'id_token_hint=eyJhbGciOiJub25lIn0.eyJhdWQiOiJhIn0.&post_logout_redirect_uri=https%3A%2F%2Fevil.example',
  ],
  ['an id token that is none', 'id_token_hint={canary}'],
  ['a NUL in the client id', 'client_id=can%00ary'],
  ['two addresses', 'post_logout_redirect_uri=a&post_logout_redirect_uri=b'],
].map(([what = '', query]) =>
  attack(logout, what, { method: 'GET', path: `${logout}?${query}`, headers: {}, answer: page(200) }),
);

/** Pages and endpoints of the key manager that browsers are sent to. */
export const pageAttacks: readonly Attack[] = [
  ...authorizeAttacks('/oauth2/authorize'),
  ...stepAttacks('/commonauth', 'sessionDataKey'),
  ...stepAttacks('/oidc/logout', 'sessionDataKey'),
  ...pages,
  ...devicePages,
  ...errorPages,
  ...logouts,
];
