import { type ForeignKeyManager, foreignConsumer } from '../apis/foreign-key-managers.js';
import type { Confirmation, TokenFacts } from '../pipeline/ports.js';

type Claims = Readonly<Record<string, unknown>>;

/** What a verified JWT of another key manager stands for. */
export function foreignFacts(claims: Claims, keyManager: ForeignKeyManager): TokenFacts {
  const { name, tenantDomain, claimMapping } = keyManager;
  const clientId = textOf(claims[keyManager.consumerKeyClaim]) ?? textOf(claims.client_id) ?? '';
  const subject = textOf(claims.sub) ?? '';
  const isApplication = claims.aut === 'APPLICATION' || subject === '' || subject === clientId;
  return {
    clientId,
    applicationId: '',
    // The consumer key's own kind, in the catalogue, decides.
    keyType: 'PRODUCTION',
    kind: isApplication ? 'APPLICATION' : 'APPLICATION_USER',
    // An issuer is free to call a user `admin`: that is none of ours (ADR 17).
    user: isApplication ? '' : `FEDERATED/${encodeURIComponent(name)}/${subject}@${tenantDomain}`,
    tenantDomain,
    scopes: wordsOf(claims[keyManager.scopesClaim]),
    audience: wordsOf(claims.aud, false),
    confirmation: confirmationOf(claims.cnf),
    foreign: {
      keyManager: name,
      consumer: foreignConsumer(tenantDomain, name, clientId),
      claims: Object.fromEntries(
        Object.entries(claims).map(([remote, value]) => [claimMapping.get(remote) ?? remote, value]),
      ),
    },
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A list, or a text that scopes are separated in by blanks (RFC 8693 section 4.2). */
function wordsOf(value: unknown, isSplit = true): readonly string[] {
  if (Array.isArray(value)) return value.filter((word) => typeof word === 'string');
  if (typeof value !== 'string') return [];
  return isSplit ? value.split(' ').filter((word) => word !== '') : [value];
}

/** RFC 7800: a token that is bound in another way than these is bound to what cannot be shown here. */
function confirmationOf(cnf: unknown): Confirmation | undefined {
  if (cnf === undefined) return undefined;
  const { jkt, 'x5t#S256': x5t } = (cnf ?? {}) as Claims;
  if (typeof jkt === 'string') return { method: 'jkt', thumbprint: jkt };
  return { method: 'x5t#S256', thumbprint: textOf(x5t) ?? '' };
}
