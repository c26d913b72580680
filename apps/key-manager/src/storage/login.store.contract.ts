import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Consent } from '../oauth2/authorization/consent.js';
import { AlreadyExists } from './errors.js';
import { hash, registerClient, type Subject } from './fixtures.contract.js';

export function loginStoreContract({ storage, clock }: Subject): void {
  const logins = () => storage().logins;
  const consents = () => storage().consents;

  async function started(subject = `${randomUUID()}@carbon.super`) {
    const now = clock.now();
    const session = {
      hash: hash(),
      id: randomUUID(),
      subject,
      tenantDomain: 'carbon.super',
      authTime: now,
      lastUsedAt: now,
      expiresAt: now + 60_000,
      subjectEpoch: await logins().subjectEpoch(subject),
    };
    await logins().startSession(session);
    return session;
  }

  async function user() {
    const username = `user-${randomUUID()}`;
    await storage().tenants.seedTenant('carbon.super');
    const made = await storage().users.createUser({
      tenantDomain: 'carbon.super',
      domain: 'PRIMARY',
      username,
      passwordHash: 'a',
      claims: {},
      roles: [],
    });
    return { ...made, subject: `${username}@carbon.super` };
  }

  it('finds a login by its hash until it ends', async () => {
    const session = await started();
    expect(await logins().findSession(session.hash)).toEqual(session);
    expect(await logins().findSession(hash())).toBeUndefined();
    await expect(logins().startSession(session)).rejects.toThrow(AlreadyExists);
    expect(await logins().endSession(session.hash)).toBe(true);
    expect(await logins().endSession(session.hash)).toBe(false);
    expect(await logins().findSession(session.hash)).toBeUndefined();
  });

  it('notes that a login was used, and never earlier than it was', async () => {
    const { hash: key, lastUsedAt } = await started();
    await logins().touchSession(key, lastUsedAt + 500);
    await logins().touchSession(key, lastUsedAt + 100);
    expect((await logins().findSession(key))?.lastUsedAt).toBe(lastUsedAt + 500);
  });

  it('knows no login of a user who got another password, was locked or deleted since', async () => {
    const { id, tenantDomain, subject } = await user();
    const { users } = storage();
    for (const change of [{ passwordHash: 'b' }, { locked: true }]) {
      const session = await started(subject);
      const other = await started();
      await users.updateUser(tenantDomain, id, change);
      expect(await logins().findSession(session.hash)).toBeUndefined();
      expect(await logins().findSession(other.hash)).toEqual(other);
      expect(await logins().subjectEpoch(subject)).not.toBe(session.subjectEpoch);
      const late = { ...session, hash: hash(), id: randomUUID() };
      await logins().startSession(late);
      expect(await logins().findSession(late.hash), 'the password was checked before').toBeUndefined();
    }
    const session = await started(subject);
    await users.deleteUser(tenantDomain, id);
    expect(await logins().findSession(session.hash)).toBeUndefined();
  });

  it('adds what is allowed to what was allowed before, until it is forgotten', async () => {
    const clientId = await registerClient(storage());
    const tenantDomain = 'carbon.super';
    const consent: Consent = {
      subject: 'a@carbon.super',
      tenantDomain,
      clientId,
      scope: ['read', 'openid'],
      grantedAt: 5,
    };
    await consents().rememberConsent(consent);
    await consents().rememberConsent({ ...consent, scope: ['write', 'read'], grantedAt: 6 });
    const kept = { ...consent, scope: ['openid', 'read', 'write'], grantedAt: 6 };
    expect(await consents().findConsent(consent.subject, clientId)).toEqual(kept);
    expect(await consents().listConsents(consent.subject)).toEqual([kept]);
    expect(await consents().findConsent('b@carbon.super', clientId)).toBeUndefined();
    expect(await consents().forgetConsent(consent.subject, clientId)).toBe(true);
    expect(await consents().forgetConsent(consent.subject, clientId)).toBe(false);
    expect(await consents().listConsents(consent.subject)).toEqual([]);
  });

  it('forgets what was allowed to a client, or by a user, that is deleted', async () => {
    const { id, tenantDomain, subject } = await user();
    const [kept, deleted] = [await registerClient(storage()), await registerClient(storage())];
    for (const clientId of [kept, deleted]) {
      await consents().rememberConsent({ subject, tenantDomain, clientId, scope: ['read'], grantedAt: 5 });
    }
    await storage().clientRegistry.deleteRegistration(deleted);
    await consents().rememberConsent({ subject, tenantDomain, clientId: deleted, scope: ['read'], grantedAt: 5 });
    expect((await consents().listConsents(subject)).map(({ clientId }) => clientId)).toEqual([kept]);
    await storage().users.deleteUser(tenantDomain, id);
    expect(await consents().listConsents(subject)).toEqual([]);
  });

  it('sweeps logins that are over', async () => {
    const session = await started();
    await storage().janitor.sweepExpired(1_000);
    expect(await logins().findSession(session.hash)).toEqual(session);
    clock.tick(60_000);
    expect(await storage().janitor.sweepExpired(1_000)).toBeGreaterThan(0);
    expect(await logins().findSession(session.hash)).toBeUndefined();
  });
}
