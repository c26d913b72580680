import { randomBytes, randomUUID } from 'node:crypto';
import type { Client, ResourceOwner } from '../model.js';
import type { AuditLog, Clock, ResourceOwners } from '../ports.js';
import type { OAuth2Settings } from '../settings.js';
import { mayUse } from '../tenancy.js';
import { sha256 } from '../token-hash.js';
import type { LoginSession, LoginSessionStore } from './login-session.js';

export interface LoginDeps {
  readonly resourceOwners: ResourceOwners;
  readonly sessions: LoginSessionStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly settings: Pick<OAuth2Settings, 'authorization'>;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly clientAddress: string;
}

/** Logins in browsers, by the value of a cookie. */
export interface Logins {
  /**
   * Undefined for a wrong name or password and, with no difference, for a user who may not use the client. Otherwise a
   * new value each time: one that an attacker planted before the login would be good for nothing afterwards (session
   * fixation). `previous`, the value that the browser had, ends. Throws what `ResourceOwners.authenticate` throws.
   */
  logIn(
    credentials: Credentials,
    client: Client,
    previous: string | undefined,
  ): Promise<{ readonly value: string; readonly session: LoginSession } | undefined>;
  /** The session of a cookie, unless it has ended. */
  find(value: string | undefined): Promise<LoginSession | undefined>;
  logOut(session: LoginSession, clientAddress: string): Promise<void>;
}

const cookieValue = /^[A-Za-z0-9_-]{43}$/;
/** A session that is in use is written once in this time and not with each request. */
const touchMillis = 60_000;

export function createLogins({ resourceOwners, sessions, audit, clock, settings }: LoginDeps): Logins {
  const { loginIdleSeconds, loginMaxSeconds } = settings.authorization;

  async function start(owner: ResourceOwner) {
    const now = clock.now();
    const value = randomBytes(32).toString('base64url');
    const session: LoginSession = {
      hash: sha256(value),
      id: randomUUID(),
      subject: owner.subject,
      tenantDomain: owner.tenantDomain,
      authTime: now,
      lastUsedAt: now,
      expiresAt: now + loginMaxSeconds * 1_000,
      subjectEpoch: owner.tokenEpoch,
    };
    await sessions.startSession(session);
    return { value, session };
  }

  return {
    async logIn({ username, password, clientAddress }, client, previous) {
      const owner = await resourceOwners.authenticate(username, password, clientAddress);
      if (!owner || !mayUse(client, owner.tenantDomain)) return undefined;
      if (previous !== undefined && cookieValue.test(previous)) await sessions.endSession(sha256(previous));
      const started = await start(owner);
      await audit.record(eventOf('login.started', started.session, clientAddress, client.clientId));
      return started;
    },
    async find(value) {
      if (value === undefined || !cookieValue.test(value)) return undefined;
      const session = await sessions.findSession(sha256(value));
      const now = clock.now();
      if (!session || session.expiresAt <= now) return undefined;
      if (session.lastUsedAt + loginIdleSeconds * 1_000 <= now) return undefined;
      if (now - session.lastUsedAt >= touchMillis) await sessions.touchSession(session.hash, now);
      return session;
    },
    async logOut(session, clientAddress) {
      const isEnded = await sessions.endSession(session.hash);
      if (isEnded) await audit.record(eventOf('login.ended', session, clientAddress));
    },
  };
}

function eventOf(action: string, { id, subject, tenantDomain }: LoginSession, clientAddress: string, client?: string) {
  const detail = client === undefined ? undefined : { client };
  return { tenantDomain, actor: subject, action, target: id, clientAddress, detail };
}
