import type { Application } from '../../applications/application.js';
import type { ForeignKeyPorts } from '../../applications/foreign-keys.js';
import { type findKey, type KeyPorts, listKeys } from '../../applications/keys.js';
import { type Caller, token } from '../rest/caller.js';
import { toApplicationKey, toForeignApplicationKey } from './application-schema.js';

/** Who may manage consumer keys. */
export const access = token('subscribe', 'app_manage');

export const keyPath = '/applications/{applicationId}/oauth-keys/{keyMappingId}';

/** The key that a path names, if the caller owns the application. */
export type OwnKey = (
  caller: Caller,
  parameters: { applicationId: string; keyMappingId: string },
) => ReturnType<typeof findKey>;

/** The application's consumer keys here, and those at key managers of others. */
export async function allKeys(ports: KeyPorts & Pick<ForeignKeyPorts, 'foreignKeys'>, application: Application) {
  const foreign = await ports.foreignKeys.listForeignKeys(application.id);
  return [...(await listKeys(ports, application)).map(toApplicationKey), ...foreign.map(toForeignApplicationKey)];
}
