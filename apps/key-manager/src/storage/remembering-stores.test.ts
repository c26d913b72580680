import { describe, expect, it } from 'vitest';
import type { ClientWithSecrets } from '../oauth2/model.js';
import { FactChanges } from './fact-changes.js';
import { rememberClients } from './remembering-stores.js';

describe('remembered clients', () => {
  it('are those whose secrets have no end: nothing tells when one is over', async () => {
    const changes = new FactChanges();
    changes.hear(true);
    const found = (clientId: string) =>
      ({ clientId, ...(clientId === 'ending' ? { secretsLiveUntil: 1 } : {}) }) as ClientWithSecrets;
    const clients = rememberClients({ findClient: async (clientId) => found(clientId) }, changes);
    for (const clientId of ['ending', 'endless']) expect((await clients.findClient(clientId))?.clientId).toBe(clientId);
    expect(clients.rememberedClient?.('endless')).toEqual(found('endless'));
    expect(clients.rememberedClient?.('ending')).toBeUndefined();
  });
});
