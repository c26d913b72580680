import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { listen, PortTaken } from './index.js';

describe('listen', () => {
  const servers: Server[] = [];
  const server = () => {
    const made = createServer();
    servers.push(made);
    return made;
  };
  const settings = { host: '127.0.0.1', port: 0, setting: 'gateway.listeners.https', portOffset: 3 };
  afterEach(() => {
    for (const each of servers.splice(0)) each.close();
  });

  it('answers the port that was bound', async () => {
    expect(await listen(server(), settings)).toBeGreaterThan(0);
  });

  it('explains a taken port in one line: the port, its setting and an offset to try', async () => {
    const port = await listen(server(), settings);
    const failure = await listen(server(), { ...settings, port }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PortTaken);
    expect((failure as PortTaken).message).toBe(
      `port ${port} (gateway.listeners.https) on 127.0.0.1 is taken; free it or try --port-offset 4`,
    );
  });

  it('explains an address that this machine does not have', async () => {
    const failure = listen(server(), { ...settings, host: '192.0.2.1' });
    await expect(failure).rejects.toThrow(
      /\(gateway\.listeners\.https\) on 192\.0\.2\.1: this machine has no such address/,
    );
  });
});
