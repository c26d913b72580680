import { type RunningProcess, startRedis, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isReady } from './support/cluster.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { defaultPorts, freeOffset } from './support/ports.js';
import { startKeygate, waitUntilReady } from './support/processes.js';
import { type Quickstart, startQuickstart } from './support/quickstart.js';
import { bearer } from './support/token-client.js';

describe('two clusters on one machine', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let folder: string;
  let left: Quickstart;
  let right: Quickstart;

  beforeAll(async () => {
    redis = await startRedis();
    folder = temporaryFolder().path;
    const offset = await freeOffset(3);
    // Nothing but the offset tells them apart: one working folder, one Redis.
    const start = (one: number) => startQuickstart({ offset: one, cwd: folder, env: { REDIS_URL: redis.url } });
    [left, right] = await Promise.all([start(offset), start(offset + 2)]);
  });
  afterAll(async () => {
    await Promise.all([left?.stop(), right?.stop()]);
    await redis?.stop();
  });

  const status = async (cluster: Quickstart, accessToken: string) =>
    (await cluster.client.call(cluster.readUrl, { headers: bearer(accessToken) })).status;
  const grant = (cluster: Quickstart) =>
    cluster.tokens.password(cluster.facts.username, cluster.facts.password, cluster.facts.sampleApi.readScope);

  it('have their own ports, data folder and CA', () => {
    expect(right.facts.portOffset).toBe(left.facts.portOffset + 2);
    expect(right.facts.gatewayUrl).not.toBe(left.facts.gatewayUrl);
    expect(right.dataDir).not.toBe(left.dataDir);
    expect(right.facts.caFile).not.toBe(left.facts.caFile);
    expect(right.facts.adminPassword).not.toBe(left.facts.adminPassword);
  });

  it('a token of one is unknown to the other, also when both share a Redis', async () => {
    const [mine, theirs] = await Promise.all([grant(left), grant(right)]);
    expect(await status(left, mine.access_token)).toBe(200);
    expect(await status(right, theirs.access_token)).toBe(200);
    expect(await status(right, mine.access_token)).toBe(401);
    expect(await status(left, theirs.access_token)).toBe(401);
  });

  it('revoking at one leaves the other alone', async () => {
    const [mine, theirs] = await Promise.all([grant(left), grant(right)]);
    await Promise.all([status(left, mine.access_token), status(right, theirs.access_token)]);
    await left.tokens.revoke(mine.access_token);
    await waitUntil(async () => (await status(left, mine.access_token)) === 401, { timeoutMillis: 1_000 });
    expect(await status(right, theirs.access_token)).toBe(200);
  });

  describe('a second gateway beside the first', () => {
    let second: RunningProcess;
    let url: string;

    beforeAll(async () => {
      const { portOffset } = left.facts;
      second = await startKeygate(
        [
          'gateway',
          '--port-offset',
          String(portOffset + 1),
          '--key-manager-server-url',
          `https://localhost:${defaultPorts.keyManagerGrpc + portOffset}`,
          '--data-dir',
          left.dataDir,
        ],
        { cwd: folder, name: 'the second gateway' },
      );
      await waitUntilReady(second, () => isReady(defaultPorts.gatewayOperations + portOffset + 1));
      url = `https://localhost:${defaultPorts.gatewayHttps + portOffset + 1}`;
    });
    afterAll(async () => {
      await second?.stop();
    });

    const secondStatus = async (accessToken: string) =>
      (await left.client.call(left.readUrl.replace(left.facts.gatewayUrl, url), { headers: bearer(accessToken) }))
        .status;

    it('serves the first cluster: its tokens, its APIs, its revocations', async () => {
      const { access_token } = await grant(left);
      expect(await secondStatus(access_token)).toBe(200);
      await left.tokens.revoke(access_token);
      await waitUntil(async () => (await secondStatus(access_token)) === 401, { timeoutMillis: 1_000 });
    });

    it('does not know the other cluster', async () => {
      const { access_token } = await grant(right);
      expect(await secondStatus(access_token)).toBe(401);
    });

    it('ends without taking the first gateway along', async () => {
      expect(await second.stop()).toEqual({ code: 0, signal: null });
      const { access_token } = await grant(left);
      expect(await status(left, access_token)).toBe(200);
    });
  });

  noSecretIsPrinted();
});
