import { createLogger } from '@keygate/common/logging';
import { temporaryFolder, waitUntil } from '@keygate/common/testing';
import { ensureCertificate } from '@keygate/common/tls';
import { TokenState } from '@keygate/proto/keymanager/v1/key_validation';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClientIdentity, channelSettings } from '../src/key-manager/channel.js';
import { KeyManagerClient } from '../src/key-manager/key-manager.client.js';
import { parseServerUrl } from '../src/key-manager/server-url.js';
import { KeyManagerUnavailable } from '../src/key-manager/unavailable.js';
import { FakeKeyManager, sha256 } from './support/fake-key-manager.js';

const folder = temporaryFolder();
const logger = createLogger({ name: 'gateway', level: 'silent', format: 'json' });
let keyManager: FakeKeyManager;
let client: KeyManagerClient | undefined;
beforeEach(async () => {
  keyManager = await new FakeKeyManager(folder.path).start();
  keyManager.grant('t');
});
afterEach(async () => {
  client?.close();
  client = undefined;
  await keyManager.stop();
});

const identity = (dataDir = folder.path): Promise<ClientIdentity> =>
  ensureCertificate(dataDir, { name: 'gateway-client', commonName: 'gateway', kind: 'client' });

function connect(serverUrl: string, from: ClientIdentity): KeyManagerClient {
  const url = parseServerUrl(serverUrl, { portOffset: 0, allowPlaintext: false });
  client = new KeyManagerClient(
    channelSettings(url, from),
    {
      issueDeadlineMillis: 1_500,
      validateDeadlineMillis: 1_500,
    },
    logger,
  );
  return client;
}
const validate = (over: KeyManagerClient) => over.validateToken(sha256('t'));

describe('the channel to the key manager', () => {
  it.each([
    (port: number) => `https://localhost:${port}`,
    (port: number) => `https://127.0.0.1:${port}/services/`,
    (port: number) => `dns:///localhost:${port}`,
    (port: number) => `https://localhost:${port},https://127.0.0.1:${port}`,
  ])('works for an address of the form %s', async (form) => {
    const answer = await validate(connect(form(keyManager.port), await identity()));
    expect(answer.state).toBe(TokenState.TOKEN_STATE_ACTIVE);
  });

  it('uses the key manager that is left of several, also when one name cannot be resolved', async () => {
    const second = await new FakeKeyManager(folder.path).start();
    second.grant('t');
    try {
      const addresses = [keyManager.port, second.port].map((port) => `https://localhost:${port}`);
      const over = connect([...addresses, 'https://no-such-host.invalid:1'].join(','), await identity());
      await waitUntil(async () => {
        await validate(over);
        return keyManager.validations > 0 && second.validations > 0;
      });
      await keyManager.stop();
      const before = second.validations;
      for (let i = 0; i < 20; i++) expect((await validate(over)).state).toBe(TokenState.TOKEN_STATE_ACTIVE);
      expect(second.validations).toBeGreaterThanOrEqual(before + 20);
    } finally {
      await second.stop();
    }
  });

  it('refuses a certificate of another name', async () => {
    const url = parseServerUrl(`https://127.0.0.1:${keyManager.port}`, { portOffset: 0, allowPlaintext: false });
    const elsewhere = { ...url, names: ['km.example.com'] };
    client = new KeyManagerClient(
      channelSettings(elsewhere, await identity()),
      {
        issueDeadlineMillis: 1_500,
        validateDeadlineMillis: 1_500,
      },
      logger,
    );
    await expect(validate(client)).rejects.toThrow(KeyManagerUnavailable);
    expect(keyManager.validations).toBe(0);
  });

  it('refuses a certificate of another CA, and is refused with a certificate of another CA', async () => {
    const other = temporaryFolder();
    try {
      const stranger = await identity(other.path);
      await expect(validate(connect(`https://localhost:${keyManager.port}`, stranger))).rejects.toThrow(
        KeyManagerUnavailable,
      );
      client?.close();
      const { ca } = await identity();
      await expect(validate(connect(`https://localhost:${keyManager.port}`, { ...stranger, ca }))).rejects.toThrow(
        KeyManagerUnavailable,
      );
      expect(keyManager.validations).toBe(0);
    } finally {
      other.remove();
    }
  });

  it('fails at once above the limit of calls in flight', async () => {
    keyManager.onValidate = () => new Promise(() => undefined);
    const url = parseServerUrl(`https://localhost:${keyManager.port}`, { portOffset: 0, allowPlaintext: false });
    client = new KeyManagerClient(
      channelSettings(url, await identity()),
      {
        issueDeadlineMillis: 1_500,
        validateDeadlineMillis: 1_500,
        maxConcurrentCalls: 3,
      },
      logger,
    );
    const over = client;
    const calls = Array.from({ length: 5 }, () => validate(over).catch((error: Error) => error.message));
    expect((await Promise.all(calls)).filter((message) => message === '3 calls are already in flight')).toHaveLength(2);
  });
});
