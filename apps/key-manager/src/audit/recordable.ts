import type { AuditEvent } from '../oauth2/ports.js';

const maxLength = { name: 512, address: 64, detail: 1_024 };
const maxDetails = 32;

/**
 * The event as it can be kept: bounded, since names come from strangers, and without U+0000 and halves of surrogate
 * pairs, which would keep the event out of the log.
 */
export function recordable(event: AuditEvent): AuditEvent {
  const { tenantDomain, actor, action, target, clientAddress, detail } = event;
  return {
    tenantDomain: text(tenantDomain, maxLength.name),
    actor: text(actor, maxLength.name),
    action: text(action, maxLength.name),
    target: text(target, maxLength.name),
    ...(clientAddress ? { clientAddress: text(clientAddress, maxLength.address) } : {}),
    ...(detail === undefined ? {} : { detail: members(detail) }),
  };
}

function members(detail: NonNullable<AuditEvent['detail']>): NonNullable<AuditEvent['detail']> {
  const kept = Object.entries(detail).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    kept
      .slice(0, maxDetails)
      .map(([name, value]) => [
        text(name, maxLength.name),
        typeof value === 'string' ? text(value, maxLength.detail) : value,
      ]),
  );
}

function text(given: string, length: number): string {
  const cut = given.length > length ? `${given.slice(0, length - 1)}…` : given;
  return cut.replace(/[\0\p{Surrogate}]/gu, '\u{fffd}');
}
