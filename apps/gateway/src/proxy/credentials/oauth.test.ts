import type { Reply } from '@keygate/common/documents';
import { beforeEach, describe, expect, it } from 'vitest';
import { type OAuthSecurity, oauthCredentials } from './oauth.js';

const security: OAuthSecurity = {
  ...{ type: 'oauth', tokenUrl: 'https://as.test/token', clientId: 'id:1', clientSecret: 's%c' },
  ...{ grantType: 'client_credentials', username: '', password: '', parameters: ['audience', 'backend'] },
};
const token = (value: string, life: unknown = 3_600) => ({
  access_token: value,
  token_type: 'Bearer',
  expires_in: life,
});

let now: number;
let posted: { url: string; headers: Readonly<Record<string, string>>; form: string }[];
let replies: (Partial<Reply> | Error)[];
const results: string[] = [];

beforeEach(() => {
  now = 0;
  posted = [];
  replies = [];
});

function credentials(given: Partial<OAuthSecurity> = {}) {
  return oauthCredentials({ ...security, ...given } as OAuthSecurity, {
    post: async (url, headers, form) => {
      posted.push({ url, headers, form });
      const reply = replies.shift() ?? { status: 200, body: JSON.stringify(token(`t${posted.length}`)) };
      if (reply instanceof Error) throw reply;
      return { status: 200, statusText: '', headers: {}, body: '', ...reply };
    },
    now: () => now,
    count: (result) => results.push(result),
  });
}

const request = { method: 'GET', path: '/', address: undefined as never, isReplayable: true };
const answer = (body: unknown, status = 200) => ({
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('tokens for backends', () => {
  it('are asked for with the client’s own credentials, form-encoded as RFC 6749 has it', async () => {
    expect(await credentials().authorize(request)).toBe('Bearer t1');
    expect(posted[0]).toMatchObject({
      url: 'https://as.test/token',
      form: 'grant_type=client_credentials&audience=backend',
      headers: { authorization: `Basic ${Buffer.from('id%3A1:s%25c').toString('base64')}` },
    });
  });

  it('are asked for by password', async () => {
    await credentials({ grantType: 'password', username: 'u', password: 'p&q' }).authorize(request);
    expect(posted[0]?.form).toBe('grant_type=password&username=u&password=p%26q&audience=backend');
  });

  it('are fetched once for all who wait, and kept', async () => {
    const oauth = credentials();
    const all = await Promise.all(Array.from({ length: 50 }, () => oauth.authorize(request)));
    expect(new Set(all)).toEqual(new Set(['Bearer t1']));
    expect(oauth.authorize(request)).toBe('Bearer t1');
    expect(posted).toHaveLength(1);
  });

  it.each([
    ['a long life', 3_600, 3_589_999, 3_590_000],
    ['a short one', 10, 8_999, 9_000],
    ['none that is told', null, 289_999, 290_000],
  ])('with %s are used until shortly before its end', async (_, life, last, over) => {
    replies = [answer(token('first', life))];
    const oauth = credentials();
    await oauth.authorize(request);
    now = last;
    expect(oauth.authorize(request)).toBe('Bearer first');
    now = over;
    expect(await oauth.authorize(request)).toBe('Bearer t2');
  });

  it('are fetched anew once a backend refused them, once for all calls that they were refused to', async () => {
    const oauth = credentials();
    await oauth.authorize(request);
    const refusal = { address: undefined as never, headers: [], authorization: 'Bearer t1' };
    expect(oauth.refused({ ...refusal, isReplayable: true, isSafe: true })).toBe('again');
    expect(await oauth.authorize(request)).toBe('Bearer t2');
    expect(oauth.refused({ ...refusal, isReplayable: true, isSafe: true })).toBe('again');
    expect(oauth.authorize(request)).toBe('Bearer t2');
  });

  it('are renewed after a refused POST too, which itself is not sent again', async () => {
    const oauth = credentials();
    await oauth.authorize(request);
    const refusal = { address: undefined as never, headers: [], authorization: 'Bearer t1', isReplayable: true };
    expect(oauth.refused({ ...refusal, isSafe: false })).toBe('pass');
    expect(await oauth.authorize(request)).toBe('Bearer t2');
  });

  it.each([
    ['nobody answers', new Error('canary'), 'backendCredentialsUnavailable'],
    ['it fails', answer('', 500), 'backendCredentialsUnavailable'],
    ['it is busy', answer('', 429), 'backendCredentialsUnavailable'],
    ['it refuses', answer({ error: 'invalid_client' }, 401), 'backendCredentialsRefused'],
    ['it answers no JSON', answer('<html>'), 'backendCredentialsRefused'],
    ['it answers no token', answer({}), 'backendCredentialsRefused'],
    ['its token would end the header', answer(token('a\r\nX: b')), 'backendCredentialsRefused'],
    ['its token is of another kind', answer({ ...token('a'), token_type: 'mac' }), 'backendCredentialsRefused'],
    ['it redirects', answer('', 302), 'backendCredentialsRefused'],
  ])('are not had when %s', async (_, reply, fault) => {
    replies = [reply];
    await expect(Promise.resolve(credentials().authorize(request))).rejects.toMatchObject({ fault });
  });

  it('are not asked for again at once after a failure', async () => {
    replies = [answer('', 500)];
    const oauth = credentials();
    await expect(Promise.resolve(oauth.authorize(request))).rejects.toThrow();
    expect(() => oauth.authorize(request)).toThrow('Endpoint not ready');
    expect(posted).toHaveLength(1);
    now = 1_000;
    expect(await oauth.authorize(request)).toBe('Bearer t2');
    expect(results.slice(-2)).toEqual(['failed', 'fetched']);
  });
});
