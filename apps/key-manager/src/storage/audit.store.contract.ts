import { describe, expect, it } from 'vitest';
import { type ChainedEvent, formatHead } from '../audit/audit-chain.js';
import { verifyChain } from '../audit/verify-chain.js';
import type { AuditEvent } from '../oauth2/ports.js';
import type { Subject } from './fixtures.contract.js';

export function auditStoreContract({ storage, clock }: Subject): void {
  const log = () => storage().auditLog;
  const trail = () => storage().auditTrail;

  const event = (change: Partial<AuditEvent> = {}): AuditEvent => ({
    tenantDomain: 'carbon.super',
    actor: 'admin@carbon.super',
    action: 'user.locked',
    target: 'alice@carbon.super',
    clientAddress: '192.0.2.7',
    ...change,
  });

  async function addedBy(work: () => Promise<unknown>): Promise<ChainedEvent[]> {
    const { seq } = await trail().head();
    await work();
    return trail().eventsAfter(seq, 10_000);
  }

  describe('events', () => {
    it('come back as they were said, with their time', async () => {
      const at = clock.tick();
      const detail = { zebra: 1, ant: 'two', middle: true, 'ümlaut "quoted"\n': -0.5, long: 9_007_199_254_740_991 };
      const added = await addedBy(async () => {
        await log().record(event({ detail }));
        await log().record({ tenantDomain: 't.example', actor: 'system', action: 'user.created', target: 'x' });
      });
      expect(added).toMatchObject([
        { ...event({ detail }), at },
        { tenantDomain: 't.example', actor: 'system', action: 'user.created', target: 'x', at },
      ]);
      expect(added[1]).not.toHaveProperty('clientAddress');
      expect(added[1]).not.toHaveProperty('detail');
    });

    it('are kept also when somebody typed what no column can hold, and without bound', async () => {
      const added = await addedBy(() =>
        log().record(
          event({
            actor: 'a\0b\ud800',
            target: 'x'.repeat(100_000),
            detail: { 'k\0': 'v\udc00', big: 'y'.repeat(50_000) },
          }),
        ),
      );
      expect(added[0]?.actor).toBe('a\u{fffd}b\u{fffd}');
      expect(added[0]?.target).toHaveLength(512);
      expect(added[0]?.detail).toMatchObject({ 'k\u{fffd}': 'v\u{fffd}' });
      expect(JSON.stringify(added[0]?.detail).length).toBeLessThan(2_000);
    });

    it('make one chain without gaps when hundreds are recorded at once', async () => {
      const before = await trail().head();
      const names = Array.from({ length: 700 }, (_, number) => `target-${number}`);
      const added = await addedBy(() => Promise.all(names.map((target) => log().record(event({ target })))));
      expect(added.map(({ target }) => target).sort()).toEqual([...names].sort());
      expect(added.map(({ seq }) => seq)).toEqual(names.map((_, index) => before.seq + 1 + index));
      expect(added[0]?.previousHash).toEqual(before.hash);
      expect((await trail().head()).hash).toEqual(added.at(-1)?.hash);
    });

    it('are listed newest first, by time, by action and by the beginning of an action', async () => {
      const since = clock.tick(1_000);
      for (const action of ['role.created', 'user.created', 'user.deleted', 'users.other']) {
        await log().record(event({ action }));
        clock.tick();
      }
      const actions = async (query: Partial<Parameters<ReturnType<typeof trail>['newestEvents']>[0]>) =>
        (await trail().newestEvents({ since, limit: 10, ...query })).map(({ action }) => action);
      expect(await actions({})).toEqual(['users.other', 'user.deleted', 'user.created', 'role.created']);
      expect(await actions({ limit: 1 })).toEqual(['users.other']);
      expect(await actions({ action: 'user.created' })).toEqual(['user.created']);
      expect(await actions({ action: 'user.' })).toEqual(['user.deleted', 'user.created']);
      expect(await actions({ action: 'user' })).toEqual([]);
      expect(await actions({ since: since + 3 })).toEqual(['users.other']);
    });
  });

  describe('the chain', () => {
    it('is in order, page by page, also while it grows', async () => {
      const growing = (async () => {
        for (let round = 0; round < 30; round++) await log().record(event({ target: `growing-${round}` }));
      })();
      const seen: number[] = [];
      const verdict = await verifyChain(trail(), { pageRows: 7, onProgress: (events) => seen.push(events) });
      await growing;
      expect(verdict).toMatchObject({ ok: true });
      expect(seen.length).toBeGreaterThan(1);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      const { head } = (await verifyChain(trail())) as { head: { seq: number } };
      expect(head).toEqual(await trail().head());
    });

    it('still holds a head that was noted earlier, and none that never was', async () => {
      const noted = await trail().head();
      await log().record(event());
      expect(await verifyChain(trail(), { noted })).toMatchObject({ ok: true });
      const other = { ...noted, hash: Buffer.alloc(32, 1) };
      expect(await verifyChain(trail(), { noted: other })).toMatchObject({ ok: false, at: noted.seq });
      const later = { ...noted, seq: noted.seq + 1_000 };
      expect(await verifyChain(trail(), { noted: later })).toMatchObject({ ok: false, at: noted.seq + 2 });
      expect(formatHead(noted)).toMatch(/^\d+:[0-9a-f]{64}$/);
    });
  });
}
