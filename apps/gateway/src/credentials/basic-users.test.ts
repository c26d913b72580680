import type { AuthenticateUserRequest, AuthenticateUserResponse } from '@keygate/proto/keymanager/v1/identity';
import { describe, expect, it } from 'vitest';
import { BasicUsers } from './basic-users.js';

const ann = 'ann@carbon.super';
const right: AuthenticateUserResponse = {
  result: {
    $case: 'user',
    user: { user: ann, tenantDomain: 'carbon.super', roles: [], scopes: ['read'], checkedAt: 0 },
  },
  revocationSeq: 1,
};
const refused = (retryAfter: number): AuthenticateUserResponse => ({
  result: { $case: 'refused', refused: { retryAfter } },
  revocationSeq: 1,
});

function createSubject() {
  const state = {
    now: 1_000_000,
    isTrusted: true,
    asked: [] as AuthenticateUserRequest[],
    answer: async (_: AuthenticateUserRequest): Promise<AuthenticateUserResponse> => right,
  };
  const users = new BasicUsers({
    ask: (request) => {
      state.asked.push(request);
      return state.answer(request);
    },
    clock: { now: () => state.now },
    hearing: { trusts: () => state.isTrusted },
    ttlSeconds: 30,
    maxEntries: 100,
  });
  const login = async (password = 'right', userName = 'ann') => users.authenticate({ userName, password }, '192.0.2.1');
  const revoke = (subject: string) =>
    users.revoked({ seq: 2, target: { $case: 'subject', subject }, revokedAt: state.now, expiresAt: 0 });
  return { state, users, login, revoke };
}

describe('a password', () => {
  it('is asked about once for all who show it at the same time, then taken for a while without a promise', async () => {
    const { state, users, login } = createSubject();
    const verdicts = await Promise.all([login(), login(), login()]);
    expect(verdicts.map(({ state: found }) => found)).toEqual(['active', 'active', 'active']);
    expect(state.asked).toEqual([{ userName: 'ann', password: 'right', clientAddress: '192.0.2.1' }]);
    expect(users.authenticate({ userName: 'ann', password: 'right' }, '')).not.toBeInstanceOf(Promise);
    state.now += 30_000;
    await login();
    expect(state.asked).toHaveLength(2);
  });

  it('gives the user, its tenant and the scopes of its roles', async () => {
    const verdict = await createSubject().login();
    expect(verdict).toMatchObject({
      facts: { kind: 'USER', user: ann, tenantDomain: 'carbon.super', scopes: ['read'], clientId: '' },
    });
  });

  it('is not the password of another user, however the two are split', async () => {
    const { state, login } = createSubject();
    await login('bc', 'a');
    state.answer = async () => refused(0);
    expect(await login('c', 'ab')).toEqual({ state: 'invalid' });
  });

  it('ends at once when something ends the tokens of its user, and nobody else', async () => {
    const { state, login, revoke } = createSubject();
    await login();
    revoke('bob@carbon.super');
    await login();
    expect(state.asked).toHaveLength(1);
    revoke(ann);
    state.answer = async () => refused(0);
    expect(await login()).toEqual({ state: 'invalid' });
  });

  it('is not remembered when its user was ended while the question was under way', async () => {
    const { state, login, revoke } = createSubject();
    let answer: (response: AuthenticateUserResponse) => void = () => undefined;
    state.answer = () => new Promise((resolve) => (answer = resolve));
    const pending = login();
    await Promise.resolve();
    revoke(ann);
    answer(right);
    expect((await pending).state).toBe('active');
    state.answer = async () => refused(0);
    expect(await login()).toEqual({ state: 'invalid' });
  });

  it('is not trusted by a gateway that does not hear revocations', async () => {
    const { state, login } = createSubject();
    await login();
    state.isTrusted = false;
    await login();
    expect(state.asked).toHaveLength(2);
  });

  it('that is wrong is remembered for two seconds', async () => {
    const { state, login } = createSubject();
    state.answer = async () => refused(0);
    await login('wrong');
    expect(await login('wrong')).toEqual({ state: 'invalid' });
    expect(state.asked).toHaveLength(1);
    state.now += 2_000;
    await login('wrong');
    expect(state.asked).toHaveLength(2);
  });

  it('passes on that guessing is slowed down', async () => {
    const { state, login } = createSubject();
    state.answer = async () => refused(9);
    expect(await login()).toEqual({ state: 'slowed', retryAfterSeconds: 9 });
  });

  it('cannot be judged while nobody can be asked, or when the answer is not understood', async () => {
    const { state, login } = createSubject();
    state.answer = async () => Promise.reject(new Error('away'));
    expect((await login()).state).toBe('undecidable');
    state.answer = async () => ({ result: undefined, revocationSeq: 0 });
    expect((await login()).state).toBe('undecidable');
    state.answer = async () => right;
    expect((await login()).state).toBe('active');
  });
});
