import type { Consent, ConsentStore } from '../../oauth2/authorization/consent.js';
import type { LoginSession, LoginSessionStore } from '../../oauth2/authorization/login-session.js';
import { AlreadyExists } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemoryLoginStore implements LoginSessionStore, ConsentStore {
  constructor(private readonly db: MemoryDatabase) {}

  async startSession(session: LoginSession): Promise<void> {
    assertStorable(session);
    const key = session.hash.toString('hex');
    if (this.db.loginSessions.has(key)) throw new AlreadyExists('a login session');
    this.db.loginSessions.set(key, session);
  }

  async findSession(hash: Buffer): Promise<LoginSession | undefined> {
    const session = this.db.loginSessions.get(hash.toString('hex'));
    return session && session.subjectEpoch === this.db.subjectEpoch(session.subject) ? session : undefined;
  }

  async touchSession(hash: Buffer, at: number): Promise<void> {
    const key = hash.toString('hex');
    const session = this.db.loginSessions.get(key);
    if (session && session.lastUsedAt < at) this.db.loginSessions.set(key, { ...session, lastUsedAt: at });
  }

  async endSession(hash: Buffer): Promise<boolean> {
    return this.db.loginSessions.delete(hash.toString('hex'));
  }

  async subjectEpoch(subject: string): Promise<number> {
    return this.db.subjectEpoch(subject);
  }

  async findConsent(subject: string, clientId: string): Promise<Consent | undefined> {
    const consent = this.db.consents.get(keyOf(subject, clientId));
    return consent && this.db.clients.has(clientId) ? consent : undefined;
  }

  async rememberConsent(consent: Consent): Promise<void> {
    assertStorable(consent);
    const { subject, clientId } = consent;
    if (!this.db.clients.has(clientId)) return;
    const before = await this.findConsent(subject, clientId);
    const scope = [...new Set([...(before?.scope ?? []), ...consent.scope])].sort(inOrder);
    this.db.consents.set(keyOf(subject, clientId), { ...consent, scope });
  }

  async listConsents(subject: string): Promise<Consent[]> {
    return [...this.db.consents.values()]
      .filter((consent) => consent.subject === subject && this.db.clients.has(consent.clientId))
      .sort((a, b) => inOrder(a.clientId, b.clientId));
  }

  async forgetConsent(subject: string, clientId: string): Promise<boolean> {
    return this.db.consents.delete(keyOf(subject, clientId));
  }
}

const keyOf = (subject: string, clientId: string) => JSON.stringify([subject, clientId]);
