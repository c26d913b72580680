import { describe, expect, it } from 'vitest';
import { basic, createOAuth2World, type OAuth2World, refusal } from '../../../test/support/oauth2.js';
import type { TokenGranted } from '../model.js';
import type { OAuth2Settings } from '../settings.js';

const invalid = { error: 'invalid_grant', status: 400, description: 'The refresh token is invalid.' };

/** A world in which `demo` may read and write, and a first pair with both scopes. */
async function withPair(change: Partial<OAuth2Settings> = {}) {
  const world = await createOAuth2World(change);
  await world.addScope('read', ['reader']);
  await world.addScope('update', ['writer']);
  world.resourceOwners.add('demo', 'demo-password', ['reader', 'writer']);
  return { ...world, first: await world.password({ scope: 'read update' }) };
}

const stateOf = async ({ validate }: Pick<OAuth2World, 'validate'>, { accessToken }: TokenGranted) =>
  (await validate(accessToken)).state;

describe('grant_type=refresh_token', () => {
  it('answers a new pair with the scope of the old one, and revokes the old access token', async () => {
    const world = await withPair();
    const next = await world.refresh(world.first);
    expect(next).toMatchObject({ scope: 'read update', expiresIn: 3600, tokenType: 'Bearer' });
    expect(next.accessToken).toMatch(/^[0-9a-f]{32}$/);
    expect(next.refreshToken).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set([world.first, next].flatMap((pair) => [pair.accessToken, pair.refreshToken])).size).toBe(4);
    expect(await stateOf(world, world.first)).toBe('REVOKED');
    expect(await stateOf(world, next)).toBe('ACTIVE');
  });

  it.each(['', 'unknown', '0'.repeat(32), 'not a token', '"', 'x'.repeat(8_193)])('refuses %j', async (value) => {
    const { token } = await withPair();
    const { error } = await refusal(token({ grant_type: 'refresh_token', refresh_token: value }));
    expect(error).toBe(value === '' || value.length > 8_192 ? 'invalid_request' : 'invalid_grant');
  });

  it('does not take an access token for a refresh token', async () => {
    const { token, first } = await withPair();
    const answer = token({ grant_type: 'refresh_token', refresh_token: first.accessToken });
    expect(await refusal(answer)).toEqual(invalid);
  });

  describe('scope (RFC 6749 §6)', () => {
    it('narrows the access token only: the next refresh may ask for everything again', async () => {
      const { refresh, first } = await withPair();
      const narrow = await refresh(first, { scope: 'read' });
      expect(narrow.scope).toBe('read');
      expect((await refresh(narrow)).scope).toBe('read update');
    });

    it('answers invalid_scope to more than was granted, without using the token up', async () => {
      const { refresh, first } = await withPair();
      expect((await refusal(refresh(first, { scope: 'read openid' }))).error).toBe('invalid_scope');
      expect((await refresh(first)).scope).toBe('read update');
    });

    it('leaves out a scope whose role was lost, until it is back', async () => {
      const { refresh, first, resourceOwners } = await withPair();
      resourceOwners.add('demo', 'demo-password', ['reader']);
      const less = await refresh(first);
      expect(less.scope).toBe('read');
      resourceOwners.add('demo', 'demo-password', []);
      const none = await refresh(less);
      expect(none.scope).toBe('default');
      resourceOwners.add('demo', 'demo-password', ['writer']);
      expect((await refresh(none)).scope).toBe('update');
    });
  });

  it('refuses once the user is gone or locked, without using the token up', async () => {
    const { refresh, first, resourceOwners } = await withPair();
    resourceOwners.remove('demo');
    expect(await refusal(refresh(first))).toEqual(invalid);
    resourceOwners.add('demo', 'demo-password', ['reader']);
    expect((await refresh(first)).scope).toBe('read');
  });

  describe('another client', () => {
    it('is refused and noted, and the family lives on, whatever state the token is in', async () => {
      const { refresh, first, register, audit } = await withPair();
      await register({ clientId: 'thief' });
      expect(await refusal(refresh(first, {}, basic('thief')))).toEqual(invalid);
      const next = await refresh(first);
      expect(await refusal(refresh(first, {}, basic('thief')))).toEqual(invalid);
      expect((await refresh(next)).scope).toBe('read update');
      expect(audit.events.map(({ action }) => action)).toEqual([
        'refresh_token.wrong_client',
        'refresh_token.wrong_client',
      ]);
      expect(audit.events[0]).toMatchObject({ actor: 'thief', clientAddress: '192.0.2.1' });
    });
  });

  describe('expiry', () => {
    it('ends an unused token', async () => {
      const { refresh, first, clock } = await withPair();
      clock.advance(86_399);
      const next = await refresh(first);
      clock.advance(86_400);
      expect(await refusal(refresh(next))).toMatchObject({
        error: 'invalid_grant',
        description: 'Refresh token is expired.',
      });
    });

    it('of the family is absolute, however often it rotates', async () => {
      const { refresh, first, clock } = await withPair({
        lifetimesSeconds: {
          userAccessToken: 60,
          applicationAccessToken: 60,
          refreshToken: 100,
          grant: 250,
          idToken: 3_600,
        },
      });
      clock.advance(90);
      const second = await refresh(first);
      clock.advance(90);
      const third = await refresh(second);
      clock.advance(70);
      expect((await refusal(refresh(third))).description).toBe('Refresh token is expired.');
    });

    it('of a rotated token is no reuse', async () => {
      const { refresh, first, clock, audit, password } = await withPair({
        lifetimesSeconds: {
          userAccessToken: 60,
          applicationAccessToken: 60,
          refreshToken: 100,
          grant: 1_000,
          idToken: 3_600,
        },
      });
      clock.advance(90);
      const next = await refresh(first);
      clock.advance(20);
      expect((await refusal(refresh(first))).description).toBe('Refresh token is expired.');
      expect(audit.events).toEqual([]);
      expect((await refresh(next)).tokenType).toBe('Bearer');
      expect((await password()).tokenType).toBe('Bearer');
    });
  });

  describe('presented again', () => {
    it('answers the same successor inside the grace window, with what is left of its life', async () => {
      const { refresh, first, clock, audit } = await withPair();
      const next = await refresh(first, { scope: 'read' });
      clock.advance(10);
      expect(await refresh(first)).toEqual({ ...next, expiresIn: 3590 });
      expect(audit.events).toEqual([]);
    });

    it('ends the family after the window, with one audit event', async () => {
      const world = await withPair();
      const { refresh, first, clock, audit } = world;
      const next = await refresh(first);
      clock.advance(10.001);
      expect(await refusal(refresh(first))).toEqual(invalid);
      expect(await stateOf(world, next)).toBe('REVOKED');
      expect(await refusal(refresh(next))).toEqual(invalid);
      expect(await refusal(refresh(first))).toEqual(invalid);
      expect(audit.events).toEqual([
        {
          tenantDomain: 'carbon.super',
          actor: 'wU62DjlyDBnq87GlBwplfqvmAbAa',
          action: 'refresh_token.reused',
          target: expect.stringMatching(/^[0-9a-f-]{36}$/),
          clientAddress: '192.0.2.1',
          detail: { generation: 0 },
        },
      ]);
    });

    it('leaves other families of the same user alone', async () => {
      const { refresh, first, password, clock } = await withPair();
      const other = await password();
      await refresh(first);
      clock.advance(60);
      await refusal(refresh(first));
      expect((await refresh(other)).tokenType).toBe('Bearer');
    });

    it.each([
      [
        'its refresh token was redeemed',
        async ({ refresh }: OAuth2World, next: TokenGranted) => void (await refresh(next)),
      ],
      [
        'its access token was seen by a gateway',
        async ({ validate }: OAuth2World, next: TokenGranted) => void (await validate(next.accessToken)),
      ],
      [
        'its access token was introspected',
        async ({ introspect }: OAuth2World, next: TokenGranted) => void (await introspect({ token: next.accessToken })),
      ],
    ])('ends the family inside the window once the successor is in use: %s', async (_, use) => {
      const world = await withPair();
      const next = await world.refresh(world.first);
      await use(world, next);
      world.clock.advance(3);
      expect(await refusal(world.refresh(world.first))).toEqual(invalid);
      expect(await stateOf(world, next)).toBe('REVOKED');
      expect(world.audit.events.map(({ action }) => action)).toEqual(['refresh_token.reused']);
    });

    it('ends the family for a grandparent', async () => {
      const { refresh, first, audit } = await withPair();
      const third = await refresh(await refresh(first));
      expect(await refusal(refresh(first))).toEqual(invalid);
      expect(await refusal(refresh(third))).toEqual(invalid);
      expect(audit.events).toHaveLength(1);
    });

    it('is let pass three times, and ends the family at the fourth', async () => {
      const { refresh, first, clock } = await withPair();
      const next = await refresh(first);
      clock.advance(3);
      for (let replay = 1; replay <= 3; replay++) {
        expect((await refresh(first)).refreshToken).toBe(next.refreshToken);
      }
      expect(await refusal(refresh(first))).toEqual(invalid);
      expect(await refusal(refresh(next))).toEqual(invalid);
    });

    it('four times at once is a burst of one client: refused, but the family lives on', async () => {
      const { refresh, first, clock, audit } = await withPair();
      const next = await refresh(first);
      clock.advance(0.5);
      const answers = await Promise.allSettled(Array.from({ length: 10 }, () => refresh(first)));
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      expect((await refresh(next)).scope).toBe('read update');
      expect(audit.events).toEqual([]);
    });

    it('counts no request that came before the rotation and read the row after it', async () => {
      const world = await withPair();
      const { tokens, first, clock } = world;
      const find = tokens.findRefreshToken.bind(tokens);
      const rotated = { pair: undefined as TokenGranted | undefined };
      tokens.findRefreshToken = async (hash) => {
        tokens.findRefreshToken = find;
        clock.advance(0.001);
        rotated.pair = await world.refresh(first);
        return find(hash);
      };
      expect(await world.refresh(first)).toEqual(rotated.pair);
      clock.advance(3);
      for (let replay = 1; replay <= 3; replay++) await world.refresh(first);
      expect(await refusal(world.refresh(first))).toEqual(invalid);
    });

    it('does not extend the window by repeating', async () => {
      const { refresh, first, clock } = await withPair();
      await refresh(first);
      clock.advance(8);
      await refresh(first);
      clock.advance(8);
      expect(await refusal(refresh(first))).toEqual(invalid);
    });

    it('has a longer window for a public client', async () => {
      const { refresh, password, register, clock } = await withPair();
      await register({ clientId: 'spa', confidential: false });
      const first = await password({}, basic('spa', ''));
      const next = await refresh(first, {}, basic('spa', ''));
      clock.advance(30);
      expect((await refresh(first, {}, basic('spa', ''))).refreshToken).toBe(next.refreshToken);
    });

    it('ends the family at once when the window is off', async () => {
      const { refresh, first } = await withPair({ refreshGraceSeconds: { confidential: 0, public: 0 } });
      const next = await refresh(first);
      expect(await refusal(refresh(first))).toEqual(invalid);
      expect(await refusal(refresh(next))).toEqual(invalid);
    });

    it('gives nothing to a user who is locked meanwhile', async () => {
      const { refresh, first, resourceOwners } = await withPair();
      await refresh(first);
      resourceOwners.remove('demo');
      expect(await refusal(refresh(first))).toEqual(invalid);
    });

    it('writes one audit event for 50 reuses at once', async () => {
      const { refresh, first, clock, audit } = await withPair();
      await refresh(first);
      clock.advance(60);
      const answers = await Promise.allSettled(Array.from({ length: 50 }, () => refresh(first)));
      expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
      expect(audit.events).toHaveLength(1);
    });
  });

  describe('50 at once', () => {
    it('make one rotation, and all get its pair', async () => {
      const world = await withPair();
      const answers = await Promise.all(Array.from({ length: 50 }, () => world.refresh(world.first)));
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      const [next] = answers;
      if (!next) throw new Error('no answer');
      expect(await stateOf(world, next)).toBe('ACTIVE');
      expect((await world.refresh(next)).scope).toBe('read update');
      expect(world.audit.events).toEqual([]);
    });

    it('give the losers invalid_grant when the window is off, and the family lives on', async () => {
      const world = await withPair({ refreshGraceSeconds: { confidential: 0, public: 0 } });
      const answers = await Promise.allSettled(Array.from({ length: 50 }, () => world.refresh(world.first)));
      const winners = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      expect(winners).toHaveLength(1);
      for (const answer of answers) {
        if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ error: 'invalid_grant' });
      }
      const [winner] = winners;
      if (!winner) throw new Error('no winner');
      expect((await world.refresh(winner)).tokenType).toBe('Bearer');
      expect(world.audit.events).toEqual([]);
    });
  });

  it('refuses every token of a revoked client or user', async () => {
    const { refresh, first, tokens, clock, password } = await withPair();
    await tokens.revokeBy({ kind: 'subject', subject: 'demo@carbon.super' }, clock.now());
    expect(await refusal(refresh(first))).toEqual(invalid);
    clock.advance(1);
    expect((await refresh(await password())).tokenType).toBe('Bearer');
  });
});
