import { createLogger } from '@keygate/common/logging';
import { waitUntil } from '@keygate/common/testing';
import { describe, expect, it } from 'vitest';
import { parseHead } from '../audit/audit-chain.js';
import { createMemoryStorage } from '../storage/memory/memory-storage.js';
import { AuditHeadLog } from './audit-head-log.js';

describe('the head of the audit log', () => {
  it('goes to the process log each time it has moved, and can be given to verify', async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ name: 'test', level: 'info', format: 'json', destination });
    const { auditLog, auditTrail } = createMemoryStorage();
    const record = () => auditLog.record({ tenantDomain: 't', actor: 'a', action: 'user.locked', target: 'b' });
    let reads = 0;
    const head = () => {
      reads += 1;
      return auditTrail.head();
    };
    await record();
    const headLog = new AuditHeadLog({ head }, logger, 5);
    headLog.start();
    await waitUntil(() => reads > 3);
    await record();
    const before = reads;
    await waitUntil(() => reads > before + 3);
    await headLog.stop();
    const heads = lines.map((line) => parseHead((JSON.parse(line) as { head: string }).head));
    expect(heads.map((one) => one?.seq)).toEqual([1, 2]);
    expect(heads[1]).toEqual(await auditTrail.head());
  });
});
