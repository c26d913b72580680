import { isLoopback } from '@keygate/common/exposure';
import { sha256 } from '../oauth2/token-hash.js';
import type { Storage } from '../storage/storage.js';
import { adminName, WeakAdminPassword } from '../users/first-users.js';
import type { StoredResourceOwners } from '../users/resource-owners.js';
import { DemoOutsideLoopback, demoFacts } from './demo.js';

interface Ports {
  readonly storage: Pick<Storage, 'clients'>;
  readonly storedOwners: Pick<StoredResourceOwners, 'authenticate'>;
}

/** An address on which requests reach the key manager, and the setting it comes from. */
export interface WayIn {
  readonly setting: string;
  readonly address: string;
}

/**
 * A database from a quickstart opens to credentials that everybody knows, also when a later start brings no demo data
 * and names no password. Throws `DemoOutsideLoopback` or `WeakAdminPassword` when other machines could use them.
 */
export async function refuseKnownCredentials(ways: readonly WayIn[], ports: Ports): Promise<void> {
  const open = ways.find(({ address }) => !isLoopback(address));
  if (open === undefined) return;
  const where = `${open.setting}: is ${open.address}`;
  if ((await isDemoKeyLive(ports)) || (await isPassword(demoFacts.username, demoFacts.password, ports)))
    throw new DemoOutsideLoopback(
      `${where}, and the database holds the demo data of a quickstart, whose passwords everybody knows; ` +
        'use another database or data folder',
    );
  if (await isPassword(adminName.username, 'admin', ports))
    throw new WeakAdminPassword(
      `${where}, and the password of the user admin in the database is too weak for that; ` +
        'change it with: keygate users set-password',
    );
}

async function isPassword(username: string, password: string, { storedOwners }: Ports): Promise<boolean> {
  return (await storedOwners.authenticate(username, password)) !== undefined;
}

async function isDemoKeyLive({ storage }: Ports): Promise<boolean> {
  const client = await storage.clients.findClient(demoFacts.consumerKey);
  const known = sha256(demoFacts.consumerSecret);
  return client?.active === true && client.secretHashes.some((hash) => hash.equals(known));
}
