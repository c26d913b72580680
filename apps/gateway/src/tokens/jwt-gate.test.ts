import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Entities, entitiesOf } from '../apis/test/catalog.js';
import { compileSigningKeys } from '../apis/verification-key.js';
import { JwtGate } from './jwt-gate.js';

const now = 1_800_000_000_000;
const seconds = now / 1_000;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const published = (kid: string, alg: string, key: KeyObject, issuer = '') => ({
  kid,
  alg,
  publicJwk: JSON.stringify(key.export({ format: 'jwk' })),
  maxAgeSeconds: 300,
  issuer,
});
const both = [published('ec', 'ES256', ec.publicKey), published('rsa', 'RS256', rsa.publicKey)];

const encode = (part: object | string) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
const good = { iss: 'https://issuer', sub: 'user', exp: seconds + 3_600, nbf: seconds, iat: seconds };

function jwt(header: object, claims: object = good, key: KeyObject = ec.privateKey): string {
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

const header = { typ: 'at+jwt', alg: 'ES256', kid: 'ec' };
let gate: JwtGate;
const gateOf = (signingKeys: NonNullable<Entities['signingKeys']>, enforceType = true) => {
  const keys = compileSigningKeys(entitiesOf({ signingKeys }), []);
  return new JwtGate({ keys: () => keys, enforceType });
};
beforeEach(() => {
  gate = gateOf(both);
});

describe('a token that looks like a JWT', () => {
  it('is worth a question when one of our keys signed it', () => {
    expect(gate.judge(jwt(header), now)).toBe('ask');
    expect(gate.judge(jwt({ ...header, alg: 'RS256', kid: 'rsa' }, good, rsa.privateKey), now)).toBe('ask');
    expect(gate.judge(jwt({ ...header, typ: 'application/AT+JWT' }), now)).toBe('ask');
  });

  it.each<[string, () => string]>([
    ['somebody else signed it', () => jwt(header, good, stranger.privateKey)],
    ['its payload was changed', () => jwt(header).replace(/\.[^.]+\./, `.${encode({ ...good, sub: 'admin' })}.`)],
    ['its signature was changed', () => jwt(header).slice(0, -4).concat('AAAA')],
    ['it is an id_token', () => jwt({ ...header, typ: 'JWT' })],
    ['it has no type', () => jwt({ alg: 'ES256', kid: 'ec' })],
    ['it names no key', () => jwt({ typ: 'at+jwt', alg: 'ES256' })],
    ['its kid is no text', () => jwt({ ...header, kid: 5 })],
    ['its algorithm is not that of the key', () => jwt({ ...header, alg: 'RS256' })],
    ['it is not signed: alg none', () => `${encode({ ...header, alg: 'none' })}.${encode(good)}.AA`],
    ['it has an extension that must be understood', () => jwt({ ...header, crit: ['exp'] })],
    ['its payload is not base64url as we know it', () => jwt({ ...header, b64: false })],
    ['it has no end', () => jwt(header, { ...good, exp: undefined })],
    ['its end is no number', () => jwt(header, { ...good, exp: '9999999999' })],
    ['its payload is no object', () => jwt(header, [])],
    ['it is not valid yet', () => jwt(header, { ...good, nbf: seconds + 61 })],
    ['its header is no JSON', () => `eyJ4.${encode(good)}.AA`],
    [
      '__proto__ is the key',
      () =>
        jwt({ ...header, kid: '__proto__' }, good, stranger.privateKey)
          .slice(0, 30)
          .concat('.e30.AA'),
    ],
  ])('is refused without a question when %s', (_, token) => {
    expect(gate.judge(token(), now)).toBe('invalid');
  });

  it('is refused when the public key was used as an HMAC secret', () => {
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const input = `${encode({ typ: 'at+jwt', alg: 'HS256', kid: 'rsa' })}.${encode(good)}`;
    const signature = createHmac('sha256', pem).update(input).digest('base64url');
    expect(gate.judge(`${input}.${signature}`, now)).toBe('invalid');
  });

  it('has expired a minute after its end at the latest; in between the key manager decides', () => {
    expect(gate.judge(jwt(header, { ...good, exp: seconds - 59 }), now)).toBe('ask');
    expect(gate.judge(jwt(header, { ...good, exp: seconds - 60 }), now)).toBe('expired');
  });

  it('is held to the issuer where key managers have one in common', () => {
    const named = gateOf([published('ec', 'ES256', ec.publicKey, 'https://issuer')]);
    expect(named.judge(jwt(header), now)).toBe('ask');
    expect(named.judge(jwt(header, { ...good, iss: 'https://issuer/' }), now)).toBe('invalid');
  });

  it('may be of any type where that is not enforced', () => {
    const lax = gateOf(both, false);
    expect(lax.judge(jwt({ ...header, typ: 'JWT' }), now)).toBe('ask');
    expect(lax.judge(jwt({ ...header, typ: 'JWT' }, good, stranger.privateKey), now)).toBe('invalid');
  });

  it('with a key that is not known yet is asked about, so many times a second', () => {
    const unknown = jwt({ ...header, kid: 'new' }, good, stranger.privateKey);
    const answers = Array.from({ length: 150 }, () => gate.judge(unknown, now));
    expect(answers.filter((answer) => answer === 'ask')).toHaveLength(100);
    expect(answers.at(-1)).toBe('undecidable');
    expect(gate.judge(jwt(header), now)).toBe('ask');
    const later = Array.from({ length: 150 }, () => gate.judge(unknown, now + 1_000));
    expect(later.filter((answer) => answer === 'ask')).toHaveLength(20);
    expect(new JwtGate({ keys: () => undefined, enforceType: true }).judge(unknown, now)).toBe('ask');
  });
});

describe('any other token', () => {
  it.each(['0123456789abcdef0123456789abcdef', 'eyJ', 'a.b.c', 'eyJ.a', 'eyJh..', 'eyJhbGciOiJub25lIn0.e30.', ''])(
    'is left to the key manager: %j',
    (token) => expect(gate.judge(token, now)).toBe('ask'),
  );

  it('is judged without an exception, whatever it is', () => {
    const part = fc.oneof(fc.base64String(), fc.string(), fc.json().map(encode));
    fc.assert(
      fc.property(part, part, part, (one, two, three) => {
        const judged = gate.judge(`eyJ${one}.${two}.${three}`, now);
        expect(['ask', 'invalid', 'undecidable']).toContain(judged);
      }),
    );
  });
});

describe('signing keys of the catalogue', () => {
  it('are left out, and named, when they make no sense', () => {
    const problems: string[] = [];
    const mixed = published('mixed', 'RS256', ec.publicKey);
    const broken = { ...published('broken', 'ES256', ec.publicKey), publicJwk: '{' };
    const newer = published('newer', 'EdDSA', ec.publicKey);
    const entities = entitiesOf({ signingKeys: [...both, mixed, broken, newer] });
    expect([...compileSigningKeys(entities, problems).keys()]).toEqual(['ec', 'rsa']);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'signing key mixed',
      'signing key broken',
      'signing key newer',
    ]);
  });
});
