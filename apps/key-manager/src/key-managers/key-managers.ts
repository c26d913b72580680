import { residentKeyManager } from '../applications/resident-key-manager.js';
import { Refusal } from '../refusal.js';
import type { ForeignKeyManager } from './key-manager.js';
import type { KeyManagerStore } from './key-manager-store.js';

/** By name or by id. Undefined: the resident one, which is also meant when none is named. Throws `Refusal`. */
export async function namedKeyManager(
  keyManagers: Pick<KeyManagerStore, 'listKeyManagers'>,
  tenantDomain: string,
  named: string | null | undefined,
): Promise<ForeignKeyManager | undefined> {
  if (!named || named === residentKeyManager.name || named === residentKeyManager.id) return undefined;
  const found = (await keyManagers.listKeyManagers(tenantDomain)).find(
    ({ enabled, name, id }) => enabled && (name === named || id === named),
  );
  if (!found) throw new Refusal('key_manager_unknown', `Key Manager ${named} not found`);
  return found;
}

/** Nobody else lets this server make clients: consumer keys of a foreign key manager are mapped. */
export function requireResident(keyManager: ForeignKeyManager | undefined): void {
  if (keyManager) throw noClients(keyManager);
}

export function requireMapping(keyManager: ForeignKeyManager): void {
  if (keyManager.tokenType === 'EXCHANGED') throw noClients(keyManager);
  if (keyManager.body.enableMapOAuthConsumerApps !== false) return;
  throw new Refusal('invalid', `Key Manager ${keyManager.name} doesn't support mapping of consumer keys`);
}

function noClients({ name }: ForeignKeyManager): Refusal {
  return new Refusal(
    'key_manager_without_clients',
    `Key Manager doesn't support generating OAuth applications: ${name}`,
  );
}

/** WSO2: `permissions`. Whom the developer portal shows it to. */
export function isShownTo({ body }: ForeignKeyManager, roles: readonly string[]): boolean {
  const { permissionType = 'PUBLIC', roles: named = [] } = body.permissions ?? {};
  if (permissionType === 'PUBLIC') return true;
  const isNamed = named.some((role) => roles.includes(role));
  return permissionType === 'DENY' ? !isNamed : isNamed;
}
