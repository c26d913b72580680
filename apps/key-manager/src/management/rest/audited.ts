import type { Author } from '../../audit/author.js';
import type { AuditLog } from '../../oauth2/ports.js';
import { superTenant } from '../../users/user-name.js';
import type { Caller } from './caller.js';
import { Answer, type RestRequest } from './route.js';

/** Where a recorded value comes from. Every one is named: what is not named, such as a secret, is not recorded. */
type Source = `${'path' | 'query' | 'body' | 'answer'}.${string}`;

/** How a call that changed something appears in the audit log. */
export interface Audited {
  readonly action: string;
  /** The id of what was changed. */
  readonly target: Source;
  readonly detail: Readonly<Record<string, Source>>;
}

export function audited(action: string, target: Source, detail: Readonly<Record<string, Source>> = {}): Audited {
  return { action, target, detail };
}

/** The caller, as the author of what is recorded. */
export function authorOf({ subject, clientAddress }: Caller): Author {
  return { actor: subject, clientAddress };
}

/** After the change and before the answer: a call that was answered well is in the log. */
export async function recordCall(
  auditLog: AuditLog,
  { action, target, detail }: Audited,
  by: { readonly caller: Caller | undefined; readonly clientAddress: string },
  { parameters, query, body }: RestRequest<unknown, unknown, unknown>,
  answered: unknown,
): Promise<void> {
  const said = { path: parameters, query, body, answer: answered instanceof Answer ? answered.body : answered };
  const take = (source: Source) => {
    const [from, name] = source.split('.') as [keyof typeof said, string];
    return plain((said[from] as Record<string, unknown> | undefined)?.[name]);
  };
  const details = Object.entries(detail).flatMap(([name, source]) => {
    const value = take(source);
    return value === undefined ? [] : [[name, value] as const];
  });
  await auditLog.record({
    tenantDomain: by.caller?.tenantDomain ?? superTenant,
    actor: by.caller?.subject ?? 'anonymous',
    action,
    target: String(take(target) ?? ''),
    clientAddress: by.clientAddress,
    ...(details.length > 0 ? { detail: Object.fromEntries(details) } : {}),
  });
}

function plain(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value.join(' ') : undefined;
}
