import { beforeEach, describe, expect, it } from 'vitest';
import { RevocationIndex } from './revocation-index.js';

let now = 0;
let overflows = 0;
let index: RevocationIndex;
beforeEach(() => {
  now = 1_000_000;
  overflows = 0;
  index = new RevocationIndex({
    clock: { now: () => now },
    retentionMillis: 900_000,
    capacity: 3,
    onOverflow: () => {
      overflows += 1;
    },
  });
});

const token = { hashKey: 'h'.repeat(32), grantId: 'g', clientId: 'c', user: 'u', issuedAt: 500 };
const grant = (grantId: string, revokedAt = 500, seq = 1) => ({
  seq,
  revokedAt,
  expiresAt: 0,
  target: { $case: 'grantId' as const, grantId },
});
const hash = (letter: string) => ({
  seq: 1,
  revokedAt: 500,
  expiresAt: 0,
  target: { $case: 'tokenHash' as const, tokenHash: Buffer.from(letter.repeat(32)) },
});

describe('RevocationIndex', () => {
  it('forbids what was issued up to the revocation', () => {
    index.add(grant('g', 500));
    expect(index.forbids(token, 0)).toBe(true);
    expect(index.forbids({ ...token, issuedAt: 501 }, 0)).toBe(false);
  });

  it('takes the client as the subject of its own tokens, and not of those of users', () => {
    index.add({ seq: 1, revokedAt: 500, expiresAt: 0, target: { $case: 'subject', subject: 'c' } });
    expect(index.forbids({ ...token, user: '' }, 0)).toBe(true);
    expect(index.forbids(token, 0)).toBe(false);
  });

  it('keeps the later of two revocations of the same thing, in either order', () => {
    index.add(grant('g', 700, 9));
    index.add(grant('g', 500, 3));
    expect(index.forbids({ ...token, issuedAt: 650 }, 0)).toBe(true);
  });

  it('never lets a revoked token be read as anything else', () => {
    index.add(hash('h'));
    expect(index.forbids({ ...token, issuedAt: 9_999 }, 99)).toBe(true);
  });

  it('changes its version with whole grants, clients and users only', () => {
    index.add(hash('h'));
    expect(index.version).toBe(0);
    index.add(grant('g'));
    expect(index.version).toBe(1);
  });

  it('ignores a revocation of a kind it does not know', () => {
    index.add({ seq: 1, revokedAt: 1, expiresAt: 0, target: undefined });
    expect(index.version).toBe(0);
  });

  it('says so when it has to forget a revocation that caches may not know', () => {
    for (const id of ['a', 'b', 'c', 'd']) index.add(grant(id));
    expect(overflows).toBe(1);
    expect(index.forbids({ ...token, grantId: 'a' }, 0)).toBe(false);
    expect(index.forbids({ ...token, grantId: 'd' }, 0)).toBe(true);
  });

  it('forgets in silence what no cache can hold any more', () => {
    for (const id of ['a', 'b', 'c']) index.add(grant(id));
    now += 900_001;
    index.add(grant('d'));
    expect(overflows).toBe(0);
    expect(index.forbids({ ...token, grantId: 'a' }, 0)).toBe(false);
  });

  it('needs single tokens only for the length of a fill', () => {
    for (const letter of ['a', 'b', 'c']) index.add(hash(letter));
    now += 60_001;
    index.add(hash('d'));
    expect(overflows).toBe(0);
    index.add(hash('e'));
    index.add(hash('f'));
    index.add(hash('g'));
    expect(overflows).toBe(1);
  });
});
