import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from './support/world.js';

const register = '/client-registration/v0.17/register';
const basic = ['alice', 'alice-password'] as const;
const facts = {
  clientName: 'portal',
  callbackUrl: 'test.com',
  grantType: 'client_credentials password',
  saasApp: true,
};
const registration = {
  keyType: 'PRODUCTION' as const,
  mode: 'CREATED' as const,
  grantTypes: ['password'],
  callbackUrl: '',
  confidential: true,
  active: true,
  allTenants: false,
  lifetimes: {},
  additionalProperties: {},
  metadata: {},
  createdAt: 0,
};

describe('POST /client-registration/v0.17/register', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await world.addUser('alice', 'Internal/subscriber');
  });
  afterAll(() => world.stop());

  it('answers 200 with the client', async () => {
    const { status, body } = await world.call('POST', register, { basic, body: { ...facts, owner: 'alice' } });
    expect(status).toBe(200);
    expect(body).toEqual({
      clientId: expect.stringMatching(/^[A-Za-z0-9]{28}$/),
      clientSecret: expect.stringMatching(/^[A-Za-z0-9]{28,}$/),
      clientName: 'portal',
      callBackURL: 'test.com',
      isSaasApplication: true,
      appOwner: 'alice',
      jsonString: JSON.stringify({
        grant_types: 'client_credentials password',
        redirect_uris: 'test.com',
        client_name: 'portal',
      }),
    });
  });

  it('answers the same client and secret for the same name, whichever version of the path', async () => {
    const [one, other] = await Promise.all(
      [register, '/client-registration/v0.14/register'].map((path) => world.call('POST', path, { basic, body: facts })),
    );
    expect(other?.body).toEqual(one?.body);
  });

  it('makes one client out of ten requests at once', async () => {
    const body = { ...facts, clientName: 'racing' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.call('POST', register, { basic, body })));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(new Set(answers.map((answer) => answer.body.clientId)).size).toBe(1);
    expect(new Set(answers.map((answer) => answer.body.clientSecret)).size).toBe(1);
  });

  it.each([
    ['a wrong password', { basic: ['alice', 'wrong'] as const }],
    ['an unknown user', { basic: ['nobody', 'wrong'] as const }],
    ['no credentials', {}],
    ['a Bearer header', { token: 'x' }],
    ['credentials without a colon', { headers: { authorization: `Basic ${Buffer.from('alice').toString('base64')}` } }],
  ])('answers 401 as JSON for %s', async (_, credentials) => {
    const answer = await world.call('POST', register, { ...credentials, body: facts });
    expect(answer).toMatchObject({ status: 401, body: { code: 401, moreInfo: '', error: [] } });
    expect(answer.headers['www-authenticate']).toContain('Basic realm=');
  });

  it('refuses to register for somebody else', async () => {
    const answer = await world.call('POST', register, { basic, body: { ...facts, owner: 'admin' } });
    expect(answer).toMatchObject({
      status: 400,
      body: { description: "Logged in user 'alice' and application owner 'admin' should be same." },
    });
  });

  it.each(['javascript:alert(1)', ' data:text/html,x', 'https://a.example/cb,file:///etc/passwd'])(
    'refuses the callback %s, which a browser would run or open',
    async (callbackUrl) => {
      const answer = await world.call('POST', register, { basic, body: { ...facts, clientName: 'runs', callbackUrl } });
      expect(answer).toMatchObject({ status: 400, body: { code: 400 } });
    },
  );

  it('registers a thousand clients for one user and no more, and still answers those there are', async () => {
    await world.addUser('greedy');
    const owner = 'greedy@carbon.super';
    const row = { ...registration, owner, tenantDomain: 'carbon.super' };
    for (let nth = 0; nth < 999; nth++) {
      const secret = { id: randomUUID(), hash: randomBytes(32), derived: true, createdAt: 0 };
      const ids = { clientId: `greedy${nth}`, name: `greedy${nth}`, keyMappingId: randomUUID() };
      await world.storage.clientRegistry.registerClient({ ...row, ...ids }, secret);
    }
    const ask = (clientName: string) =>
      world.call('POST', register, { basic: ['greedy', 'greedy-password'], body: { ...facts, clientName } });
    expect(await ask('last')).toMatchObject({ status: 200 });
    expect(await ask('one more')).toMatchObject({ status: 403 });
    expect(await ask('last')).toMatchObject({ status: 200 });
  });

  it('gives a client that gets a token by form and by JSON, in which refused scopes are dropped silently', async () => {
    const client = await world.call('POST', register, { basic, body: facts });
    const parameters = {
      grant_type: 'password',
      username: 'alice',
      password: 'alice-password',
      scope: 'apim:subscribe apim:api_create',
    };
    const credentials = [client.body.clientId, client.body.clientSecret] as const;
    for (const how of [{ form: parameters }, { body: parameters }]) {
      const granted = await world.call('POST', '/oauth2/token', { basic: credentials, ...how });
      expect(granted).toMatchObject({ status: 200, body: { scope: 'apim:subscribe', token_type: 'Bearer' } });
    }
  });
});
