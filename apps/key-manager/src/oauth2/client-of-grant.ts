import type { Client, GrantRecord } from './model.js';
import type { ClientStore } from './ports.js';

/**
 * The client a live grant was given to. One that is remembered will do, since a grant does not live on without its
 * active client; one that is remembered as inactive may be active again, so it is asked for.
 */
export async function clientOfGrant(clients: ClientStore, { clientId }: GrantRecord): Promise<Client | undefined> {
  const remembered = clients.rememberedClient?.(clientId);
  return remembered?.active ? remembered : clients.findClient(clientId);
}
