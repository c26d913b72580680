import { startPostgres, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { kill } from './support/processes.js';
import { type Provisioned, provision } from './support/provision.js';
import { remember, type TokenAnswer } from './support/token-client.js';

describe.each([{ database: 'PGlite' }, { database: 'PostgreSQL' }])(
  'kill -9 of the key manager, $database',
  ({ database }) => {
    let postgres: Awaited<ReturnType<typeof startPostgres>> | undefined;
    let backend: Backend;
    let settings: AdministeredCluster;
    let keyManager: Role;
    let gateway: Role;
    let cluster: Provisioned;

    beforeAll(async () => {
      postgres = database === 'PostgreSQL' ? await startPostgres() : undefined;
      backend = await startBackend();
      settings = {
        dataDir: temporaryFolder().path,
        offset: await freeOffset(),
        adminPassword: 'canary-admin-password-3',
        ...(postgres === undefined ? {} : { databaseUrl: postgres.url }),
      };
      keyManager = await startKeyManager(settings);
      gateway = await startGateway(settings);
      cluster = await provision(settings, keyManager, backend);
    });
    afterAll(async () => {
      cluster?.client.close();
      await Promise.all([gateway?.process.stop(), keyManager?.process.stop()]);
      await Promise.all([postgres?.stop(), backend?.close()]);
    });

    it('loses no token that was answered, twice in a row', async () => {
      for (const round of [1, 2]) {
        const acknowledged = await grantUntilKilled();
        expect(acknowledged.length, `tokens granted in round ${round}`).toBeGreaterThan(10);
        keyManager = await startKeyManager(settings);
        const lost = await tokensUnknownTo(keyManager, acknowledged);
        expect(lost).toBe(0);
      }
    });

    /** Grants from four loops at once and kills the key manager in the middle. */
    async function grantUntilKilled(): Promise<TokenAnswer[]> {
      const tokens = cluster.tokensAt(gateway);
      const acknowledged: TokenAnswer[] = [];
      let running = true;
      const loop = async () => {
        while (running) {
          const answer = await tokens.request({ grant_type: 'client_credentials' });
          if (answer.status === 200) {
            acknowledged.push(remember(answer.json<TokenAnswer>()));
          }
        }
      };
      await waitUntil(async () => (await tokens.request({ grant_type: 'client_credentials' })).status === 200, {
        what: 'the gateway to reach the key manager',
      });
      const loops = [loop(), loop(), loop(), loop()];
      await waitUntil(() => acknowledged.length > 60, { timeoutMillis: 20_000 });
      await kill(keyManager.process);
      running = false;
      await Promise.all(loops);
      return acknowledged;
    }

    async function tokensUnknownTo(role: Role, all: readonly TokenAnswer[]): Promise<number> {
      const { consumerKey, consumerSecret } = cluster.consumer;
      let unknown = 0;
      for (const { access_token } of all) {
        const answer = await cluster.client.call(`${role.url}/oauth2/introspect`, {
          method: 'POST',
          headers: {
            Authorization: `Basic ${Buffer.from(`${consumerKey}:${consumerSecret}`).toString('base64')}`,
            'Content-Type': 'application/x-www-form-urlencoded',
          },
          body: new URLSearchParams({ token: access_token }).toString(),
        });
        if (answer.json().active !== true) {
          unknown++;
        }
      }
      return unknown;
    }

    noSecretIsPrinted();
  },
);
