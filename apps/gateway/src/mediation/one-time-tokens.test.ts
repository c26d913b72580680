import { createHash } from 'node:crypto';
import { createLogger } from '@keygate/common/logging';
import { waitUntil } from '@keygate/common/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { someFacts } from '../pipeline/test/exchange.js';
import { aPolicy, type MediatedGateway, startMediated } from './test/mediated-gateway.js';
import { UsedTokens } from './used-tokens.js';

const logger = createLogger({ name: 'gateway', level: 'silent', format: 'json' });
const policy = { request: [aPolicy('revokeOneTimeToken', { scope: 'once' })] };
const once = ['Authorization: Bearer scopes-read+once'];
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

let world: MediatedGateway;
afterEach(() => world.stop());

async function start(answers: ('works' | 'fails')[] = []) {
  const revoked: string[] = [];
  const revoke = async (hash: Buffer) => {
    revoked.push(hash.toString('hex'));
    if (answers.shift() === 'fails') throw new Error('away');
  };
  world = await startMediated(policy, { ports: { oneTimeTokens: new UsedTokens({ revoke, logger, pauseMillis: 1 }) } });
  return revoked;
}

describe('a token for one call', () => {
  it('is taken once, and the key manager is told when the call is over', async () => {
    const revoked = await start();
    expect((await world.call('GET /pets', once)).status).toBe(200);
    await waitUntil(async () => revoked.length === 1, { what: 'the revocation' });
    expect(revoked).toEqual([hashOf('scopes-read+once')]);
    const again = await world.call('GET /pets', once);
    expect(again.status).toBe(401);
    expect(again.headers['www-authenticate']).toContain('error="invalid_token"');
    expect(world.backend.requestLines).toHaveLength(1);
  });

  it('is taken once of many calls at the same time', async () => {
    await start();
    const answers = await Promise.all(Array.from({ length: 8 }, () => world.call('GET /pets', once)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(401)]);
    expect(world.backend.requestLines).toHaveLength(1);
  });

  it('is told of until the key manager has heard', async () => {
    const revoked = await start(['fails', 'fails', 'works']);
    await world.call('GET /pets', once);
    await waitUntil(async () => revoked.length === 3, { what: 'three attempts' });
  });

  it('is another one than those without the scope', async () => {
    const revoked = await start();
    for (let i = 0; i < 2; i++) expect((await world.call('GET /pets')).status).toBe(200);
    expect(revoked).toEqual([]);
  });

  it('is never answered for from memory', async () => {
    await start();
    await world.stop();
    world = await startMediated(
      { ...policy, cacheSeconds: 60 },
      { ports: { oneTimeTokens: new UsedTokens({ revoke: async () => {}, logger }) } },
    );
    for (let i = 0; i < 2; i++) await world.call('GET /pets');
    expect(world.backend.requestLines).toHaveLength(2);
  });

  it('opens nothing when another key manager issued it, which would not hear of its end', async () => {
    const foreign = { keyManager: 'Other', consumer: 'x', claims: {} };
    const facts = someFacts({ clientId: 'x', scopes: ['once'], foreign });
    world = await startMediated(policy, {
      api: { subscriptionRequired: false },
      ports: {
        tokens: { lookup: () => ({ state: 'active', facts }) },
        oneTimeTokens: new UsedTokens({ revoke: async () => {}, logger }),
      },
    });
    expect((await world.call('GET /pets', once)).status).toBe(503);
  });

  it('opens nothing where it cannot be ended', async () => {
    world = await startMediated(policy);
    expect((await world.call('GET /pets', once)).status).toBe(503);
    expect(world.backend.requestLines).toEqual([]);
  });
});
