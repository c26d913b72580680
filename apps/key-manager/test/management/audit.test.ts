import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/audit/verify-chain.js';
import { type ManagementPorts, planes } from '../../src/management/planes.js';
import { plant } from './support/fixture.js';
import { attempt, endsItsToken } from './support/samples.js';
import { startWorld, type World } from './support/world.js';

const everything = ['admin', 'Internal/subscriber', 'Internal/creator', 'Internal/publisher'];
const recorded = planes({} as ManagementPorts).flatMap(({ prefix, routes }) =>
  routes.flatMap(({ method, path, access, audit }) =>
    audit === undefined ? [] : [{ operation: `${method} ${prefix}${path}`, access, audit }],
  ),
);

describe('a call that changes something is in the audit log', () => {
  let world: World;
  let token: string;
  beforeAll(async () => {
    world = await startWorld();
    await world.storage.users.createRole('carbon.super', 'vault');
    token = await world.logIn('owner', ...everything, 'vault');
  });
  afterAll(() => world.stop());

  it.each(recorded.filter(({ operation }) => !endsItsToken(operation)))(
    '$operation',
    async ({ operation, access, audit }) => {
      const fixture = await plant(world.storage, 'owner@carbon.super');
      const { seq } = await world.storage.auditTrail.head();
      const by = access.by === 'password' ? { basic: ['owner', 'owner-password'] as const } : { token };
      const answer = await attempt(world, fixture, operation, by);
      expect([answer.status < 300, answer.text]).toEqual([true, answer.text]);

      const events = await world.storage.auditTrail.eventsAfter(seq, 100);
      expect(events.length).toBeGreaterThan(0);
      for (const { actor, clientAddress, target, tenantDomain, action } of events) {
        expect({ actor, clientAddress, tenantDomain }).toEqual({
          actor: 'owner@carbon.super',
          clientAddress: '127.0.0.1',
          tenantDomain: 'carbon.super',
        });
        expect(target).not.toBe('');
        expect(action).toMatch(/^[a-z_]+\.[a-z_]+$/);
      }
      if (typeof audit === 'object') expect(events.map(({ action }) => action)).toEqual([audit.action]);
      const text = JSON.stringify(events);
      for (const secret of ['owner-password', token, answer.body?.consumerSecret]) {
        if (secret) expect(text).not.toContain(secret);
      }
    },
  );

  it('and nothing is there of one that was refused', async () => {
    const { seq } = await world.storage.auditTrail.head();
    const body = { name: 'unknown tier', throttlingPolicy: 'nothing' };
    const refused = await world.call('POST', '/api/am/devportal/v3/applications', { token, body });
    expect(refused.status).toBe(400);
    expect(await world.storage.auditTrail.eventsAfter(seq, 10)).toEqual([]);
  });

  it('all in one chain', async () => {
    expect(await verifyChain(world.storage.auditTrail)).toMatchObject({ ok: true });
  });
});
