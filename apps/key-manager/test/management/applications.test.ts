import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from './support/world.js';

const applications = '/api/am/devportal/v3/applications';

describe('devportal applications', () => {
  let world: World;
  let token: string;
  beforeAll(async () => {
    world = await startWorld();
    token = await world.logIn('alice', 'Internal/subscriber');
  });
  afterAll(() => world.stop());

  const create = (name: string, more = {}) =>
    world.call('POST', applications, { token, body: { name, throttlingPolicy: 'Unlimited', ...more } });

  it('has DefaultApplication from the first listing on, once', async () => {
    const fresh = await world.logIn('fresh', 'Internal/subscriber');
    const lists = await Promise.all(Array.from({ length: 5 }, () => world.call('GET', applications, { token: fresh })));
    const { body } = await world.call('GET', applications, { token: fresh });
    expect(lists.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(body).toEqual({
      count: 1,
      list: [
        {
          applicationId: expect.any(String),
          name: 'DefaultApplication',
          throttlingPolicy: 'Unlimited',
          description: expect.any(String),
          status: 'APPROVED',
          groups: [],
          subscriptionCount: 0,
          attributes: {},
          owner: 'fresh',
        },
      ],
      pagination: { offset: 0, limit: 25, total: 1, next: '', previous: '' },
    });
  });

  it('are a thousand for one user and no more', async () => {
    const greedy = await world.logIn('greedy', 'Internal/subscriber');
    const ask = (name: string) =>
      world.call('POST', applications, { token: greedy, body: { name, throttlingPolicy: 'Unlimited' } });
    const { body } = await ask('first');
    const first = await world.storage.applications.findApplication(body.applicationId);
    if (!first) throw new Error('the application is not there');
    for (let nth = 0; nth < 997; nth++) {
      await world.storage.applications.createApplication({ ...first, id: randomUUID(), name: `greedy${nth}` });
    }
    expect(await ask('last')).toMatchObject({ status: 201 });
    expect(await ask('one more')).toMatchObject({ status: 403 });
  });

  it('answers 201 with the whole object', async () => {
    const answer = await create('whole', { description: 'd', attributes: { 'External Reference Id': '7' } });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      applicationId: expect.any(String),
      name: 'whole',
      throttlingPolicy: 'Unlimited',
      description: 'd',
      tokenType: 'OAUTH',
      status: 'APPROVED',
      groups: [],
      subscriptionCount: 0,
      keys: [],
      attributes: { 'External Reference Id': '7' },
      subscriptionScopes: [],
      owner: 'alice',
      hashEnabled: false,
      visibility: 'PRIVATE',
    });
    expect(answer.headers.location).toBe(`${applications}/${answer.body.applicationId}`);
    expect(answer.text).not.toMatch(/": |, "/);
  });

  it('answers 409 for a name the owner has, and lets another owner have it', async () => {
    await create('taken');
    expect(await create('taken')).toMatchObject({
      status: 409,
      body: { code: 900300, description: 'An application already exists with name taken' },
    });
    const bob = await world.logIn('bob', 'Internal/subscriber');
    const body = { name: 'taken', throttlingPolicy: 'Unlimited' };
    expect(await world.call('POST', applications, { token: bob, body })).toMatchObject({ status: 201 });
  });

  it('answers 400 and 900305 for an unknown tier, on POST and PUT', async () => {
    expect(await create('tierless', { throttlingPolicy: 'Never' })).toMatchObject({
      status: 400,
      body: { code: 900305, message: 'The tier name is invalid.' },
    });
    const { body } = await create('tiered');
    const changed = await world.call('PUT', `${applications}/${body.applicationId}`, {
      token,
      body: { name: 'tiered', throttlingPolicy: 'Gold' },
    });
    expect(changed).toMatchObject({ status: 400, body: { code: 900305 } });
  });

  it('changes and deletes', async () => {
    const { body } = await create('old name');
    const path = `${applications}/${body.applicationId}`;
    const change = { name: 'new name', throttlingPolicy: '10PerMin', description: 'changed' };
    expect(await world.call('PUT', path, { token, body: change })).toMatchObject({ status: 200, body: change });
    expect(await world.call('DELETE', path, { token })).toMatchObject({ status: 200, text: '' });
    expect(await world.call('GET', path, { token })).toMatchObject({ status: 404, body: { code: 900307 } });
  });

  it('finds by part of the name, page by page', async () => {
    for (const name of ['search a', 'search b', 'search c']) await create(name);
    const page = await world.call('GET', `${applications}?query=search&limit=2&offset=1`, { token });
    expect(page.body).toMatchObject({
      count: 2,
      list: [{ name: 'search b' }, { name: 'search c' }],
      pagination: { offset: 1, limit: 2, total: 3, next: '', previous: '?limit=2&offset=0' },
    });
    const far = await world.call('GET', `${applications}?limit=999999999&offset=2000000000`, { token });
    expect(far).toMatchObject({ status: 200, body: { count: 0, pagination: { limit: 1000 } } });
  });

  it.each([
    ['an empty object', '{}'],
    ['no body', undefined],
    ['a blank name', '{"name":"  ","throttlingPolicy":"Unlimited"}'],
    ['a list', '[]'],
    ['broken JSON', '{"name":'],
    ['__proto__', '{"name":"x","throttlingPolicy":"Unlimited","__proto__":{}}'],
    ['a nest of arrays', `{"name":"x","throttlingPolicy":"Unlimited","attributes":${'['.repeat(100_000)}`],
    ['a text no database keeps', '{"name":"a\\u0000b","throttlingPolicy":"Unlimited"}'],
    ['half a surrogate pair', '{"name":"a\\ud800b","throttlingPolicy":"Unlimited"}'],
    ['a number as name', '{"name":7,"throttlingPolicy":"Unlimited"}'],
  ])('answers 400 for %s', async (_, body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await world.call('POST', applications, { token, headers, ...(body ? { body } : {}) });
    expect(answer).toMatchObject({ status: 400, body: { moreInfo: '' } });
  });

  it('answers 415 for another media type, 413 for a huge body, 400 for a nonsensical page, all as JSON', async () => {
    const xml = await world.call('POST', applications, {
      token,
      headers: { 'content-type': 'text/xml' },
      body: '<a/>',
    });
    expect(xml).toMatchObject({ status: 415, body: { code: 415 } });
    const huge = await world.call('POST', applications, { token, body: { name: 'x'.repeat(2_000_000) } });
    expect(huge).toMatchObject({ status: 413, body: { code: 413 } });
    const page = await world.call('GET', `${applications}?limit=-1`, { token });
    expect(page).toMatchObject({ status: 400, body: { error: [{ message: expect.stringContaining('query.limit') }] } });
  });

  it('takes an empty body of any type for none', async () => {
    const { body } = await create('empty body');
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '0' };
    const answer = await world.call('DELETE', `${applications}/${body.applicationId}`, { token, headers });
    expect(answer).toMatchObject({ status: 200 });
    const put = await world.call('POST', applications, { token, headers });
    expect(put).toMatchObject({ status: 400 });
  });

  it.each(['not-a-uuid', '%00', '..%2f..%2fapis', "'; drop table applications; --"])(
    'answers 404 for the id %s',
    async (id) => {
      const answer = await world.call('GET', `${applications}/${id.includes('%') ? id : encodeURIComponent(id)}`, {
        token,
      });
      expect(answer.status).toBe(404);
    },
  );

  it.each([
    ['an unknown token', 'f'.repeat(32)],
    ['a token of nonsense', '~~~'],
    ['an endless token', 'f'.repeat(7_000)],
  ])('answers 401 with a challenge for %s', async (_, wrong) => {
    const answer = await world.call('GET', applications, { token: wrong });
    expect(answer).toMatchObject({ status: 401, body: { code: 401 } });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="Keygate", error="invalid_token"');
  });

  it('answers 401 once the token is revoked or its user is gone', async () => {
    const user = await world.addUser('leaver', 'Internal/subscriber');
    const leaver = await world.tokenOf('leaver');
    expect(await world.call('GET', applications, { token: leaver })).toMatchObject({ status: 200 });
    await world.storage.users.deleteUser('carbon.super', user.id);
    expect(await world.call('GET', applications, { token: leaver })).toMatchObject({ status: 401 });
  });
});
