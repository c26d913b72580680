import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { temporaryFolder } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, caFileOf, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { checkAnswer, saysNothing } from './support/hostile/checks.js';
import { corpus } from './support/hostile/corpus.js';
import { rawAttacks } from './support/hostile/raw-attacks.js';
import { send, sendRaw, type Target } from './support/hostile/sender.js';
import { generateKeys } from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { defaultPorts, freeOffset } from './support/ports.js';
import { type Provisioned, provision } from './support/provision.js';
import { basic } from './support/token-client.js';

const adminPassword = 'canny-admin-password-9';
const repeated = 2_000;
const growthLimitMiB = 40;

describe('hostile input', () => {
  let backend: Backend;
  let roles: Role[] = [];
  let cluster: Provisioned;
  let target: Target;
  const millis = new Map<string, number>();

  beforeAll(async () => {
    backend = await startBackend();
    const settings: AdministeredCluster = {
      dataDir: temporaryFolder().path,
      offset: await freeOffset(),
      adminPassword,
      // Hundreds of wrong passwords from one address are what this file is made of; e2e/login-throttle is about them.
      env: { KEY_MANAGER_LOGIN_THROTTLE: 'false' },
    };
    const keyManager = await startKeyManager(settings);
    roles = [keyManager];
    roles.push(await startGateway(settings));
    cluster = await provision(settings, keyManager, backend);
    const { consumer, rest, applicationId, client } = cluster;
    const tokens = cluster.tokensAt(keyManager, '/oauth2');
    const { access_token } = await tokens.password(
      'admin',
      adminPassword,
      'apim:subscribe apim:app_manage apim:api_create apim:admin',
    );
    const coder = await generateKeys(rest, applicationId, 'SANDBOX', {
      grantTypesToBeSupported: ['authorization_code', 'refresh_token'],
      callbackUrl: 'https://client.example/callback',
    });
    target = {
      client,
      ca: readFileSync(caFileOf(settings.dataDir)),
      ports: {
        'key manager': defaultPorts.keyManagerHttps + settings.offset,
        gateway: defaultPorts.gatewayHttps + settings.offset,
      },
      facts: {
        client: consumer.consumerKey,
        secret: consumer.consumerSecret,
        SECRET: consumer.consumerSecret.toUpperCase(),
        basic: basic(consumer.consumerKey, consumer.consumerSecret),
        coder: coder.consumerKey,
        user: 'admin',
        password: adminPassword,
        token: access_token,
      },
    };
  });
  afterAll(async () => {
    cluster?.client.close();
    await Promise.all(roles.map((role) => role.process.stop()));
    await backend?.close();
  });

  it.each(corpus)('$at $endpoint: $what: $answer.status $answer.error', async (attack) => {
    const answer = await send(target, attack);
    millis.set(`${attack.at} ${attack.endpoint}: ${attack.what}`, answer.millis);
    checkAnswer(attack, answer);
  });

  it.each(rawAttacks)('$at, raw: $what: $status', async (attack) => {
    const answer = await sendRaw(target, attack);
    millis.set(`${attack.at}, raw: ${attack.what}`, answer.millis);
    expect(answer.status, answer.text.slice(0, 200)).toBe(attack.status);
    // One answer and no more: a second one would belong to a request that was smuggled in.
    expect(answer.text.match(/HTTP\/1\.1 \d{3} /g) ?? []).toHaveLength(attack.status === 0 ? 0 : 1);
    expect(answer.isClosed || /^content-length:|^transfer-encoding:/im.test(answer.text)).toBe(true);
    saysNothing(answer.text);
  });

  it(`takes no memory for good: ${repeated} attacks`, async () => {
    const cheap = corpus.filter(({ costly }) => !costly);
    const storm = async (count: number) => {
      for (let start = 0; start < count; start += 20) {
        const batch = Array.from({ length: 20 }, (_, index) => cheap[(start + index) % cheap.length]);
        await Promise.all(batch.map((attack) => attack && send(target, attack)));
      }
      await pause(1_000);
    };
    // The first round makes the heap as large as the load wants it; what counts is what comes on top.
    await storm(repeated / 2);
    const before = roles.map(residentMiB);
    await storm(repeated);
    const after = roles.map(residentMiB);
    const growth = after.map((mebibytes, index) => mebibytes - (before[index] ?? 0));
    console.log(`RSS of key manager and gateway, MiB: ${before.join(', ')}, then ${after.join(', ')}`);
    expect(Math.max(...growth)).toBeLessThan(growthLimitMiB);
  });

  it('took this long', () => {
    const sorted = [...millis].sort(([, one], [, other]) => other - one);
    const at = (share: number) => sorted[Math.floor(sorted.length * (1 - share))]?.[1].toFixed(1);
    const slowest = sorted.slice(0, 8).map(([what, one]) => `${one.toFixed(1)} ms ${what}`);
    console.log(`${sorted.length} attacks, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; slowest:\n${slowest.join('\n')}`);
    expect(sorted.length).toBe(corpus.length + rawAttacks.length);
  });

  it('works as before after all that', async () => {
    const [, gateway] = roles as [Role, Role];
    const { access_token } = await cluster.tokensAt(gateway).password('admin', adminPassword);
    const answer = await cluster.client.call(`${gateway.url}${cluster.path}`, {
      headers: { Authorization: `Bearer ${access_token}` },
    });
    expect(answer.status).toBe(200);
  });

  noSecretIsPrinted();
});

function residentMiB({ process: { pid } }: Role): number {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kibibytes) / 1_024);
}
