import { InvalidScope } from './errors.js';
import type { ScopeStore } from './ports.js';
import type { OAuth2Settings } from './settings.js';

/** What a token has when nothing else was asked for or nothing was left (WSO2). */
export const defaultScope = 'default';
/** Marks a token of the application itself (WSO2: ApplicationTokenScope). Given by the server, never by asking. */
export const applicationScope = 'am_application_scope';
/** Names that no API may register: every token, or every application token, has them. */
export const reservedScopes: readonly string[] = [defaultScope, applicationScope];

const maxScopes = 200;
const maxScopeLength = 255;
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * RFC 6749 §3.3, as a list without repetitions. Runs of spaces are let pass, since WSO2's clients send them. Throws
 * `InvalidScope` on other characters and on sizes that no honest client needs.
 */
export function parseScope(scope: string | undefined): readonly string[] {
  if (scope === undefined) return [];
  if (scope.length > maxScopes * 64) throw new InvalidScope('The scope is too long.');
  const names = new Set(scope.split(' ').filter((name) => name !== ''));
  if (names.size > maxScopes) throw new InvalidScope('Too many scopes.');
  for (const name of names) {
    if (name.length > maxScopeLength) throw new InvalidScope('A scope name is too long.');
    if (!scopeToken.test(name)) throw new InvalidScope('The scope is malformed.');
  }
  return [...names];
}

/** Sorted and joined by spaces, as WSO2 answers it. */
export function formatScope(scope: readonly string[]): string {
  return [...scope].sort().join(' ');
}

/** For whom scopes are decided. The roles are asked for only when a scope is bound to some. */
export interface ScopeSubject {
  readonly tenantDomain: string;
  readonly roles: () => Promise<readonly string[]>;
}

export interface ScopePolicy {
  /** Of what a client asks for the first time, what is granted. Throws `InvalidScope` if unknown ones are rejected. */
  grant(requested: readonly string[], subject: ScopeSubject): Promise<readonly string[]>;
  /** Of what was granted once, what still holds: a scope whose role was lost is left out, nothing is rejected. */
  recheck(granted: readonly string[], subject: ScopeSubject): Promise<readonly string[]>;
}

/**
 * WSO2's rules: an allow-listed scope is granted; a registered one if no role is bound to it or the subject has one of
 * them; an unknown one as the setting says; nothing left gives `default`. Role names are compared with case.
 */
export function createScopePolicy(
  scopes: ScopeStore,
  settings: Pick<OAuth2Settings, 'allowedScopes' | 'unknownScopes'>,
): ScopePolicy {
  const allowed = settings.allowedScopes.map(wholeName);

  const holding = async (
    names: readonly string[],
    subject: ScopeSubject,
    keepsUnknown: (name: string) => boolean,
  ): Promise<readonly string[]> => {
    const isAllowed = (name: string) => allowed.some((pattern) => pattern.test(name));
    const toLookUp = names.filter((name) => !isAllowed(name));
    const bindings = toLookUp.length > 0 ? await scopes.findScopes(subject.tenantDomain, toLookUp) : new Map();
    const needsRoles = [...bindings.values()].some((roles) => roles.length > 0);
    const roles = new Set(needsRoles ? await subject.roles() : []);
    return names.filter((name) => {
      if (isAllowed(name)) return true;
      const bound: readonly string[] | undefined = bindings.get(name);
      if (bound === undefined) return keepsUnknown(name);
      return bound.length === 0 || bound.some((role) => roles.has(role));
    });
  };
  const orDefault = (names: readonly string[]) => (names.length > 0 ? names : [defaultScope]);
  const isReserved = (name: string) => reservedScopes.includes(name);

  return {
    async grant(requested, subject) {
      // Asking for `am_application_scope` must not turn a user's token into an application's.
      const asked = requested.filter((name) => !isReserved(name));
      return orDefault(
        await holding(asked, subject, () => {
          if (settings.unknownScopes === 'reject') throw new InvalidScope('A requested scope is unknown.');
          return settings.unknownScopes === 'grant';
        }),
      );
    },
    async recheck(granted, subject) {
      const keepsUnknown = () => settings.unknownScopes === 'grant';
      const held = await holding(
        granted.filter((name) => !isReserved(name)),
        subject,
        keepsUnknown,
      );
      return orDefault([...granted.filter(isReserved), ...held]);
    },
  };
}

/** Anchored here, so that `openid` doesn't let `openid_admin` in. */
function wholeName(pattern: string): RegExp {
  try {
    // By itself first: `a)|(b` must not slip out of the anchors.
    return new RegExp(`^(?:${new RegExp(pattern, 'u').source})$`, 'u');
  } catch (cause) {
    throw new Error(`allowedScopes: ${JSON.stringify(pattern)} is not a regular expression`, { cause });
  }
}
