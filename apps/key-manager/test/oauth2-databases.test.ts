import { createLogger } from '@keygate/common/logging';
import { startPostgres, temporaryFolder } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../src/oauth2/token-hash.js';
import { openStorage } from '../src/storage/open-storage.js';
import { createOAuth2World, ManualClock, type OAuth2World } from './support/oauth2.js';

/** Runs on, so that requests really come before and after one another. */
class RunningClock extends ManualClock {
  override now(): number {
    return this.millis + Math.floor(performance.now());
  }
}

describe.each(['postgresql', 'embedded'])('the authorization server over %s', (kind) => {
  const cleanUp: (() => unknown)[] = [];
  let world: OAuth2World;
  const clock = new RunningClock();

  beforeAll(async () => {
    const folder = await temporaryFolder();
    cleanUp.push(() => folder.remove());
    const server = kind === 'postgresql' ? await startPostgres() : undefined;
    if (server) cleanUp.push(() => server.stop());
    const storage = await openStorage({
      databaseUrl: server?.url,
      dataDir: folder.path,
      poolSize: 10,
      caseSensitiveUserNames: false,
      logger: createLogger({ name: 'test', level: 'error', format: 'json' }),
      clock,
    });
    cleanUp.push(() => storage.close());
    world = await createOAuth2World({}, clock, storage);
  });

  afterAll(async () => {
    for (const step of cleanUp.reverse()) await step();
  });

  it.each([2, 20, 100])(
    'makes one rotation of %i presentations at once, and the family lives on',
    async (presentations) => {
      const { password, refresh, audit } = world;
      const first = await password();
      const answers = await Promise.allSettled(Array.from({ length: presentations }, () => refresh(first)));
      const granted = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      for (const answer of answers) {
        if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ error: 'invalid_grant' });
      }
      expect(new Set(granted.map(({ accessToken, refreshToken }) => `${accessToken} ${refreshToken}`)).size).toBe(1);
      const [next] = granted;
      if (!next) throw new Error('nobody got a token');
      expect((await refresh(next)).tokenType).toBe('Bearer');
      expect(audit.events).toEqual([]);
    },
  );

  it('ends the family once, with one audit event, for 50 reuses at once', async () => {
    const { password, refresh, audit } = world;
    const first = await password();
    const next = await refresh(first);
    clock.advance(60);
    const answers = await Promise.allSettled(Array.from({ length: 50 }, () => refresh(first)));
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
    await expect(refresh(next)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(audit.events.map(({ action }) => action)).toEqual(['refresh_token.reused']);
  });

  it('redeems a code once of 20 times at once, and ends what it made', async () => {
    const { codes, token, register, storage, validate } = world;
    await register({ clientId: 'browser', grantTypes: ['authorization_code', 'refresh_token'] });
    const authorization = `Basic ${Buffer.from('browser:ksdSdoefDDP7wpaElfqvmjDue').toString('base64')}`;
    const code = 'c'.repeat(64);
    const subject = 'demo@carbon.super';
    const redirectUri = 'https://shop.example/cb';
    await codes.saveCode({
      kind: 'authorization_code',
      hash: sha256(code),
      clientId: 'browser',
      tenantDomain: 'carbon.super',
      grantId: '0190b9a0-0000-7000-8000-000000000001',
      body: {
        redirectUri,
        subject,
        subjectTenant: 'carbon.super',
        subjectEpoch: await storage.logins.subjectEpoch(subject),
        scope: ['default'],
      },
      expiresAt: clock.now() + 60_000,
    });
    const members = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => token(members, authorization)));
    const granted = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ error: 'invalid_grant' });
    }
    expect(granted).toHaveLength(1);
    expect(await validate(granted[0]?.accessToken ?? '')).toMatchObject({ state: 'REVOKED' });
  });

  it('saves no token for a client that is revoked while the password is checked', async () => {
    const { password, register, resourceOwners, storage } = world;
    await register({ clientId: 'blocked' });
    resourceOwners.whileChecking = async () => {
      await storage.clientRegistry.updateRegistration('blocked', { active: false });
    };
    const authorization = `Basic ${Buffer.from('blocked:ksdSdoefDDP7wpaElfqvmjDue').toString('base64')}`;
    await expect(password({}, authorization)).rejects.toMatchObject({ error: 'invalid_client', status: 401 });
    resourceOwners.whileChecking = async () => undefined;
  });

  it('takes no text for an error of the database', async () => {
    const { token, revoke, introspect } = world;
    for (const text of ['\0', '\u{1f600}', "'; drop table grants; --", '%00', 'x'.repeat(8_193), '\ud800']) {
      await expect(token({ grant_type: 'refresh_token', refresh_token: text })).rejects.toMatchObject({ status: 400 });
      // Some of it can be a scope, which then is merely unknown.
      await token({ grant_type: 'client_credentials', scope: `${text} a` }).catch((error: unknown) =>
        expect(error).toMatchObject({ error: 'invalid_scope' }),
      );
      expect(await revoke({ token: text })).toBeUndefined();
      expect(await introspect({ token: text })).toEqual({ active: false });
    }
  });
});
