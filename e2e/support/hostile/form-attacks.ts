import { gzipSync } from 'node:zlib';
import {
  type Attack,
  clientBasic,
  type Expected,
  form,
  invalidClient,
  invalidRequest,
  type Listener,
} from './attack.js';

/** An endpoint of RFC 6749 §3.2's kind: a client sends a form and proves who it is. */
export interface FormEndpoint {
  readonly at: Listener;
  readonly path: string;
  /** What would be good parameters, apart from what the attack changes. */
  readonly form: string;
  /** Whether it reads JSON as well. */
  readonly readsJson: boolean;
}

type Change = Partial<Omit<Attack, 'at' | 'endpoint' | 'answer'>>;
type Row = readonly [what: string, change: Change, answer: Expected];

const type = (value: string) => ({ 'Content-Type': value });
const body = (value: string | Buffer): Change => ({ body: value });
const basicOf = (pair: string | Buffer) => `Basic ${Buffer.from(pair).toString('base64')}`;

/** Everything that is refused in the same way by every such endpoint: none of it gets as far as its own rules. */
export function formAttacks(endpoint: FormEndpoint): Attack[] {
  const { at, path, form: good, readsJson } = endpoint;
  const rows: Row[] = [
    ...methods(),
    ...mediaTypes(good, readsJson),
    ...(readsJson ? jsonBodies() : []),
    ...encodings(good),
    ...repetitions(good),
    ...sizes(good),
    ...credentials(good, path),
  ];
  return rows.map(([what, change, answer]) => ({
    ...{ at, endpoint: path, what, path: `${path}?canary={canary}`, method: 'POST', authorization: clientBasic },
    ...(change.method === undefined ? body(good) : {}),
    ...change,
    headers: { ...(change.method === undefined ? type(form) : {}), ...change.headers },
    answer,
  }));
}

const methods = (): Row[] =>
  ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => [
    method,
    { method },
    method === 'HEAD'
      ? { status: 405, shape: 'empty', headers: { allow: /^POST$/, 'cache-control': /no-store/ } }
      : { ...invalidRequest(405), headers: { allow: /^POST$/ } },
  ]);

function mediaTypes(good: string, readsJson: boolean): Row[] {
  const unsupported: [string, string][] = [
    ['a body of plain text', 'text/plain'],
    ['a body in XML', 'application/xml'],
    ['a body of several parts', 'multipart/form-data; boundary=x'],
    ['a type that only begins like a form', `${form}-not`],
    ['two types in one', `text/plain, ${form}`],
    ['a type that is no type', 'canary<i>'],
    ...(readsJson ? [] : [['JSON', 'application/json'] satisfies [string, string]]),
  ];
  return [
    ...unsupported.map(([what, value]): Row => [what, { headers: type(value) }, invalidRequest(415)]),
    ['a body without a type', { headers: { 'Content-Type': [] } }, invalidRequest(415)],
    ['two Content-Types', { headers: { 'Content-Type': [form, 'application/json'] } }, oneContentType],
    ['another charset', { headers: type(`${form}; charset=utf-16`) }, invalidRequest()],
    ['a charset of one byte', { headers: type(`${form};charset="ISO-8859-1"`) }, invalidRequest()],
    ['gzip', { headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(good) }, invalidRequest(415)],
    ['a gzip bomb', { headers: { 'Content-Encoding': 'gzip' }, body: bomb }, invalidRequest(415)],
    ['gzip that is none', { headers: { 'Content-Encoding': 'gzip' } }, invalidRequest(415)],
    ['deflate', { headers: { 'Content-Encoding': 'deflate' } }, invalidRequest(415)],
    ['two content codings', { headers: { 'Content-Encoding': 'identity, br' } }, invalidRequest(415)],
  ];
}

/** Refused by the host, before it is known whose request it is. */
const oneContentType: Expected = { status: 400, shape: 'refused', headers: {} };

/** 64 MiB of zeros in 64 KiB. */
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));

const jsonBodies = (): Row[] =>
  [
    ['an array', '["canary"]'],
    ['a string', '"canary"'],
    ['nothing', ''],
    ['half an object', '{"grant_type":"pass'],
    ['a repeated member', '{"token":"canary","token":"b","grant_type":"a","grant_type":"b"}'],
    ['a repeated member, once escaped', '{"token":"canary","\\u0074oken":"b","grant_type":"a","grant\\u005ftype":"b"}'],
    ['a number', '{"token":1,"grant_type":1}'],
    ['an object in an object', '{"token":{"a":"b"},"grant_type":{"a":"b"}}'],
    ['null', '{"token":null,"grant_type":null}'],
    ['a lone surrogate', '{"token":"canary\\ud800","grant_type":"canary\\ud800"}'],
    ['a byte order mark', '\ufeff{"token":"canary"}'],
    ['a trailing comma', '{"token":"canary",}'],
    ['text after the object', '{"token":"canary"} canary'],
    ['a control character in a string', '{"token":"can\u0001ary"}'],
    ['sixty thousand brackets', '['.repeat(60_000)],
  ].map(
    ([what, text]): Row => [
      `JSON: ${what}`,
      { ...body(text ?? ''), headers: type('application/json') },
      invalidRequest(),
    ],
  );

function encodings(good: string): Row[] {
  const texts: [string, string | Buffer][] = [
    ['a percent sign without digits', `${good}&canary=%zz`],
    ['a percent sign at the end', `${good}&canary=%`],
    ['escaped bytes that are not UTF-8', `${good}&canary=%ff%fe`],
    ['an escaped overlong slash', `${good}&canary=%c0%af`],
    ['an escaped lone surrogate', `${good}&canary=%ed%a0%80`],
    ['an escape above the last character', `${good}&canary=%f4%90%80%80`],
    ['raw bytes that are not UTF-8', Buffer.concat([Buffer.from(`${good}&canary=`), Buffer.from([0xc3, 0x28])])],
    ['half a character at the end', Buffer.concat([Buffer.from(`${good}&canary=`), Buffer.from([0xe2, 0x82])])],
    ['UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le')],
    ['a broken escape in a name', `${good}&%c3=canary`],
  ];
  return texts.map(([what, text]): Row => [what, body(text), invalidRequest()]);
}

function repetitions(good: string): Row[] {
  const [first = '', name = ''] = /^([^=]+)=[^&]*/.exec(good) ?? [];
  return [
    ['its first parameter twice', body(`${good}&${first}`), invalidRequest()],
    ['its first parameter with two values', body(`${good}&${name}=canary`), invalidRequest()],
    ['its first parameter twice, once escaped', body(`${good}&%${hex(name)}${name.slice(1)}=canary`), invalidRequest()],
    ['an unknown parameter twice', body(`${good}&canary=1&canary=2`), invalidRequest()],
    ['two client ids', body(`${good}&client_id={client}&client_id=canary`), invalidRequest()],
  ];
}

const hex = (text: string) => text.charCodeAt(0).toString(16);

function sizes(good: string): Row[] {
  return [
    ['a password of 1 MiB', body(`${good}&password=${'p'.repeat(1_048_576)}`), invalidRequest(413)],
    ['a body of one byte too many', body(`${good}&a=`.padEnd(65_537, 'x')), invalidRequest(413)],
    ['ten thousand parameters', body(`${good}${'&a=1'.repeat(10_000)}`), invalidRequest()],
    [
      'ten thousand names',
      body(`${good}${Array.from({ length: 6_000 }, (_, n) => `&p${n}=`).join('')}`),
      invalidRequest(),
    ],
    ['ten thousand scopes', body(`${good}&scope=${'a+'.repeat(10_000)}`), invalidRequest()],
    ['a parameter name of 1,000 characters', body(`${good}&${'n'.repeat(1_000)}=canary`), invalidRequest()],
    ['a value of 20,000 characters', body(`${good}&canary=${'v'.repeat(20_000)}`), invalidRequest()],
  ];
}

function credentials(good: string, path: string): Row[] {
  const refused: [string, string][] = [
    ['no client', ''],
    ['an unknown client', basicOf('canary:canary')],
    ['a wrong secret', 'Basic {client}:canary'],
    ['no secret', 'Basic {client}:'],
    ['no client id', basicOf(':canary')],
    ['a secret in another case', 'Basic {client}:{SECRET}'],
    ['a NUL in the client id', basicOf('can\0ary:canary')],
    ['a NUL behind the client id', 'Basic {client}\0:{secret}'],
    ['bytes that are no text', basicOf(Buffer.from([0xff, 0xfe, 0x3a, 0xff]))],
    ['an escape that is none in the client id', basicOf('%zz:%zz')],
    ['Basic that is not Base64', 'Basic ***canary***'],
    ['Basic without a colon', basicOf('canary')],
    ['Basic with nothing', 'Basic'],
    ['Basic in the alphabet of URLs', 'Basic Y2Fu_-YXJ5OmNhbmFyeQ'],
    ['Base64 with a blank in it', 'Basic Y2Fu YXJ5'],
    ['a client id of 3,000 characters', basicOf(`${'c'.repeat(3_000)}:canary`)],
    ['credentials of 8,000 characters', basicOf(`canary:${'s'.repeat(8_000)}`)],
    ['a bearer token', 'Bearer canary'],
    ['a scheme of its own', 'canary canary'],
    ['members of objects as names', basicOf('__proto__:constructor')],
    ['SQL', basicOf("' or '1'='1:' or '1'='1")],
  ];
  return [
    ...refused.map(([what, authorization]): Row => [`client: ${what}`, { authorization }, invalidClient]),
    ['client: two ways at once', body(`${good}&client_id={client}&client_secret={secret}`), invalidRequest()],
    ['client: two names', body(`${good}&client_id=canary`), invalidRequest()],
    [
      'client: two Authorization headers',
      { headers: { Authorization: [clientBasic, basicOf('canary:canary')] }, authorization: '' },
      invalidRequest(),
    ],
    [
      'client: the same Authorization header twice',
      { headers: { Authorization: [clientBasic, clientBasic] }, authorization: '' },
      invalidRequest(),
    ],
    [
      'client: a secret in the body that is wrong',
      { ...body(`${good}&client_id={client}&client_secret=canary`), authorization: '' },
      invalidClient,
    ],
    [
      'client: a client id with a NUL in the body',
      { ...body(`${good}&client_id=can%00ary&client_secret=x`), authorization: '' },
      invalidRequest(),
    ],
    [
      'client: in the query',
      { authorization: '', path: `${path}?client_id={client}&client_secret={secret}` },
      invalidClient,
    ],
    [
      'client: an assertion of an unknown type',
      { ...body(`${good}&client_assertion=canary&client_assertion_type=canary`), authorization: '' },
      invalidClient,
    ],
    [
      'client: an assertion beside Basic',
      body(`${good}&client_assertion=canary&client_assertion_type=canary`),
      invalidRequest(),
    ],
    [
      'client: an assertion without a signature',
      {
        ...body(
          `${good}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=${unsigned}`,
        ),
        authorization: '',
      },
      invalidClient,
    ],
  ];
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = `${part({ alg: 'none' })}.${part({ iss: 'canary', sub: 'canary', aud: 'canary', exp: 4_102_444_800 })}.`;
