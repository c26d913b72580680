import { createPublicKey, generateKeyPairSync, type JsonWebKey, verify } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@keygate/common/testing';
import type { Api } from '@keygate/proto/keymanager/v1/catalog';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anApplication, aSubscription, catalogOf } from '../apis/test/catalog.js';
import { someFacts } from '../pipeline/test/exchange.js';
import { type AssertionKey, loadAssertionKey } from './assertion-key.js';
import { type AssertionSettings, SignedAssertions } from './signed-assertions.js';
import { type MediatedGateway, mediatedApi, startMediated } from './test/mediated-gateway.js';

const settings: AssertionSettings = {
  header: 'X-JWT-Assertion',
  encoding: 'base64url',
  dialect: 'http://wso2.org/claims',
  excludedClaims: [],
  lifetimeSeconds: 900,
};
const claim = (name: string) => `http://wso2.org/claims/${name}`;

let folder: ReturnType<typeof temporaryFolder>;
let key: AssertionKey;
let signatures: number;
let world: MediatedGateway | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  key = await loadAssertionKey(join(folder.path, 'backend-jwt.key'), 'ES256');
  signatures = 0;
});
afterEach(async () => {
  await world?.stop();
  world = undefined;
  folder.remove();
});

async function start(
  given: Partial<AssertionSettings> = {},
  tokens?: (token: string) => object,
  api: Partial<Api> = {},
): Promise<MediatedGateway> {
  const countedSign = (text: string) => {
    signatures += 1;
    return key.sign(text);
  };
  const counted = { ...key, sign: countedSign };
  const assertions = new SignedAssertions({
    settings: { ...settings, ...given },
    key: counted,
    issuer: () => 'https://gateway.test',
    now: () => world?.now ?? 1_800_000_000_000,
  });
  let catalog = catalogOf();
  world = await startMediated(
    {},
    {
      ports: {
        assertions,
        catalog: { current: () => catalog },
        ...(tokens && { tokens: { lookup: (token: string) => ({ state: 'active', facts: tokens(token) }) as never } }),
      },
    },
  );
  catalog = catalogOf({
    apis: [mediatedApi(world.backend.url, {}, api)],
    applications: [anApplication({ attributes: { team: 'blue', empty: '' }, throttlingTier: '10PerMin' })],
    subscriptions: [aSubscription()],
  });
  return world;
}

/** The parts of the newest assertion that the backend got. */
function received(encoding: 'base64' | 'base64url' = 'base64url') {
  const all = world?.backend.header('x-jwt-assertion') ?? [];
  const [head = '', payload = '', signature = ''] = (all.at(-1) ?? '').split('.');
  const read = (part: string) => JSON.parse(Buffer.from(part, encoding).toString());
  const publicKey = createPublicKey({ key: key.publicJwk as JsonWebKey, format: 'jwk' });
  const isGood = verify(
    'sha256',
    Buffer.from(`${head}.${payload}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, encoding),
  );
  return { count: all.length, head: read(head), claims: read(payload), isGood };
}

describe('X-JWT-Assertion', () => {
  it('tells the backend who calls, signed with a key it can find', async () => {
    const { call } = await start();
    expect((await call('GET /pets', ['X-JWT-Assertion: mine', 'x_jwt_assertion: mine'])).status).toBe(200);
    const { count, head, claims, isGood } = received();
    expect(count).toBe(1);
    expect(world?.backend.received).not.toContain('mine');
    expect(isGood).toBe(true);
    expect(head).toEqual({ typ: 'JWT', alg: 'ES256', kid: key.kid });
    expect(claims).toEqual({
      iss: 'https://gateway.test',
      iat: 1_800_000_000,
      exp: 1_800_000_900,
      [claim('subscriber')]: 'demo',
      [claim('applicationid')]: 'app-1',
      [claim('applicationUUId')]: 'app-1',
      [claim('applicationname')]: 'DemoApplication',
      [claim('applicationtier')]: '10PerMin',
      [claim('applicationAttributes')]: { team: 'blue', empty: '' },
      [claim('apiname')]: 'PetStore',
      [claim('apicontext')]: '/petstore/1.0.0',
      [claim('version')]: '1.0.0',
      [claim('tier')]: 'Gold',
      [claim('keytype')]: 'PRODUCTION',
      [claim('usertype')]: 'APPLICATION_USER',
      [claim('enduser')]: 'demo@carbon.super',
      [claim('enduserTenantId')]: '-1234',
    });
  });

  it('is made once for a caller and an API, and again before it ends', async () => {
    const facts = someFacts();
    const { call } = await start({}, () => facts);
    for (const token of ['one', 'two', 'three']) await call('GET /pets', [`Authorization: Bearer ${token}`]);
    expect(signatures).toBe(1);
    (world as MediatedGateway).now += 730_000;
    await call('GET /pets');
    expect(signatures).toBe(2);
    expect(received().claims.exp).toBe(1_800_000_000 + 730 + 900);
  });

  it('is not there, whatever a client sends, where nobody is known', async () => {
    const { call } = await start({ header: 'X-Caller' });
    expect((await call('GET /open', ['X-Caller: admin', 'x_caller: admin'])).status).toBe(200);
    expect(world?.backend.received).not.toMatch(/caller/i);
    await call('GET /pets', ['X-Caller: admin']);
    expect(world?.backend.header('x-caller')).toHaveLength(1);
    expect(world?.backend.received).not.toContain('admin');
  });

  it('has the claims of others beside its own, never in their place', async () => {
    const claims = { email: 'a@b.c', [claim('enduser')]: 'admin@carbon.super', iss: 'evil', exp: 1 };
    const { call } = await start(
      { excludedClaims: ['tier', claim('keytype')] },
      () => ({
        ...someFacts(),
        foreign: { keyManager: 'Other', consumer: 'x', claims },
        userClaims: { givenname: 'Demo', enduser: 'root' },
      }),
      { subscriptionRequired: false },
    );
    await call('GET /pets');
    const got = received().claims;
    expect(got).toMatchObject({ email: 'a@b.c', iss: 'https://gateway.test', [claim('givenname')]: 'Demo' });
    expect(got[claim('enduser')]).toBe('demo@carbon.super');
    expect(got.exp).toBeGreaterThan(1_800_000_000);
    expect(got).not.toHaveProperty([claim('tier')]);
    expect(got).not.toHaveProperty([claim('keytype')]);
  });

  it('is written in standard Base64 when it is set so, and names the owner for an application alone', async () => {
    const { call } = await start({ encoding: 'base64', dialect: '' }, () =>
      someFacts({ kind: 'APPLICATION', user: '' }),
    );
    await call('GET /pets');
    const { claims, isGood } = received('base64');
    expect(isGood).toBe(true);
    expect(claims).toMatchObject({ usertype: 'APPLICATION', enduser: 'demo@carbon.super' });
  });
});

describe('the key for backends', () => {
  it('is made once, for its owner only', async () => {
    const path = join(folder.path, 'deep', 'backend-jwt.key');
    const made = await Promise.all([loadAssertionKey(path, 'RS256'), loadAssertionKey(path, 'RS256')]);
    expect(made[0].alg).toBe('RS256');
    expect(made[1].kid).toBe(made[0].kid);
    expect((await loadAssertionKey(path)).kid).toBe(made[0].kid);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(made[0].publicJwk)).not.toContain('"d"');
  });

  it.each([
    ['nothing', undefined],
    ['a weak key', generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey],
    ['a key of another kind', generateKeyPairSync('ed25519').privateKey],
  ])('is refused in one line, without what it holds: %s', async (_, privateKey) => {
    const path = join(folder.path, 'own', 'key.pem');
    mkdirSync(join(folder.path, 'own'));
    if (privateKey) writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await expect(loadAssertionKey(path)).rejects.toThrow(/^gateway\.backendJwt\.keyFile: .* (cannot be read|holds no)/);
  });
});
