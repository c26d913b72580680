import { createLogger } from '@keygate/common/logging';
import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../oauth2/ports.js';
import { RefusalJournal } from './refusal-journal.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
const refusal = { action: 'login.failed', actor: 'alice', clientAddress: '192.0.2.1', group: 'alice from there' };

function createWorld(record: (event: AuditEvent) => Promise<void> = async () => undefined) {
  const events: AuditEvent[] = [];
  const audit = { record: (event: AuditEvent) => record(event).then(() => void events.push(event)) };
  return { events, journal: new RefusalJournal(audit, async () => 'carbon.super', logger) };
}

describe('refusals in the audit log', () => {
  it('are recorded one by one as long as they are few', async () => {
    const { events, journal } = createWorld();
    journal.note(refusal);
    journal.note({ ...refusal, actor: 'bob', group: 'bob from there', detail: { reason: 'login_delay' } });
    await journal.stop();
    expect(events).toEqual([
      {
        tenantDomain: 'carbon.super',
        actor: 'alice',
        action: 'login.failed',
        target: 'alice',
        clientAddress: '192.0.2.1',
        detail: undefined,
      },
      expect.objectContaining({ actor: 'bob', detail: { reason: 'login_delay' } }),
    ]);
  });

  it('are counted when they repeat: one event at once, one a minute after that', async () => {
    const { events, journal } = createWorld();
    for (let time = 0; time < 1_000; time++) journal.note(refusal);
    journal.flush();
    for (let time = 0; time < 10; time++) journal.note(refusal);
    journal.flush();
    journal.flush();
    await journal.stop();
    expect(events.map(({ detail }) => detail)).toEqual([undefined, { repeated: 999 }, { repeated: 10 }]);
    expect(events.every(({ actor, target }) => actor === 'alice' && target === 'alice')).toBe(true);
  });

  it('fill no database, however many names are tried', async () => {
    const { events, journal } = createWorld();
    for (let time = 0; time < 50_000; time++) journal.note({ ...refusal, actor: `u${time}`, group: `g${time}` });
    await journal.stop();
    expect(events).toHaveLength(201);
    expect(events.at(-1)).toMatchObject({ action: 'login.refused_others', detail: { repeated: 49_800 } });
  });

  it('do not grow with the name that was sent', async () => {
    const { events, journal } = createWorld();
    journal.note({ ...refusal, actor: 'x'.repeat(100_000) });
    await journal.stop();
    expect(events[0]?.actor).toHaveLength(255);
  });

  it('go on after one could not be written', async () => {
    let isAway = true;
    const { events, journal } = createWorld(async () => {
      if (isAway) throw new Error('away');
    });
    journal.note(refusal);
    await new Promise(setImmediate);
    isAway = false;
    journal.note({ ...refusal, group: 'other' });
    await journal.stop();
    expect(events).toHaveLength(1);
  });
});
