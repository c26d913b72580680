import type { DenyRule } from '@keygate/proto/keymanager/v1/catalog';
import { addressRange } from './address.js';
import type { CatalogEntities } from './catalog-entities.js';
import { type CompiledDenials, type DeniedRange, deniedApi } from './compiled-limits.js';

/** Undefined while nobody is denied anything, so that calls ask one question only. */
export function compileDenials({ denyRules }: CatalogEntities, problems: string[]): CompiledDenials | undefined {
  const apis = new Set<string>();
  const applications = new Set<string>();
  const users = new Set<string>();
  const addresses = new Map<string, DeniedRange[]>();
  for (const rule of denyRules.values()) {
    if (!rule.enabled) continue;
    const { subject, tenantDomain } = rule;
    switch (subject?.$case) {
      case 'api':
        apis.add(deniedApi(tenantDomain, subject.api));
        break;
      case 'application':
        applications.add(subject.application);
        break;
      case 'user':
        // Nobody at all is not everybody without a name.
        if (subject.user !== '') users.add(subject.user);
        break;
      case 'addresses':
        addRange(addresses, rule, subject.addresses, problems);
        break;
      default:
        problems.push(`deny policy ${rule.id} of ${tenantDomain} names something this gateway does not know`);
    }
  }
  if (apis.size + applications.size + users.size + addresses.size === 0) return undefined;
  return { apis, applications, users, addresses };
}

type DeniedAddresses = Extract<DenyRule['subject'], { $case: 'addresses' }>['addresses'];

function addRange(
  addresses: Map<string, DeniedRange[]>,
  { id, tenantDomain }: DenyRule,
  { range, invert }: DeniedAddresses,
  problems: string[],
): void {
  const known = addressRange(range?.first ?? '', range?.last ?? '');
  if (known === undefined) {
    problems.push(`deny policy ${id} of ${tenantDomain}: its addresses are no range`);
    return;
  }
  const denied = addresses.get(tenantDomain);
  if (denied === undefined) addresses.set(tenantDomain, [{ range: known, invert }]);
  else denied.push({ range: known, invert });
}
