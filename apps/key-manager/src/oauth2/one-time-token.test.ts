import { describe, expect, it, vi } from 'vitest';
import { createOneTimeTokenRevocation } from './one-time-token.js';

const hash = Buffer.alloc(32, 7);
const grant = { id: 'grant-1', tenantDomain: 'carbon.super', clientId: 'client-1' };

function worldWith(record: object | undefined) {
  const revokeBy = vi.fn(async () => true);
  const tokens = { findAccessToken: async () => record as never, revokeBy };
  return { revokeBy, revoke: createOneTimeTokenRevocation({ tokens, clock: { now: () => 1_000 } }) };
}

describe('a token that was good for one call', () => {
  it('is ended with its grant, and the log says so', async () => {
    const { revoke, revokeBy } = worldWith({ grant, revoked: false });
    await revoke(hash);
    expect(revokeBy).toHaveBeenCalledWith(
      { kind: 'grant', grantId: 'grant-1' },
      1_000,
      expect.objectContaining({ action: 'token.used_up', actor: 'client-1', target: 'grant-1' }),
    );
  });

  it.each([
    ['is not there', undefined, hash],
    ['was revoked already', { grant, revoked: true }, hash],
    ['is named by something else than a hash', { grant, revoked: false }, Buffer.from('short')],
  ])('is left alone when it %s', async (_, record, given) => {
    const { revoke, revokeBy } = worldWith(record);
    await revoke(given);
    expect(revokeBy).not.toHaveBeenCalled();
  });
});
