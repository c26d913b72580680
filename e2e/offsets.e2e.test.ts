import { createServer, type Server } from 'node:net';
import { temporaryFolder } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { defaultPorts, freeOffset, isFree, isOffsetFree } from './support/ports.js';
import { runKeygate } from './support/processes.js';
import { type Quickstart, startQuickstart } from './support/quickstart.js';
import { bearer } from './support/token-client.js';

/** The environment variables that move the ports themselves, before the offset. */
const portSettings = {
  gatewayHttps: 'GATEWAY_HTTPS_PORT',
  gatewayHttp: 'GATEWAY_HTTP_PORT',
  gatewayWss: 'GATEWAY_WSS_PORT',
  gatewayWs: 'GATEWAY_WS_PORT',
  gatewayOperations: 'GATEWAY_OPERATIONS_PORT',
  keyManagerHttps: 'KEY_MANAGER_HTTPS_PORT',
  keyManagerHttp: 'KEY_MANAGER_HTTP_PORT',
  keyManagerGrpc: 'KEY_MANAGER_GRPC_PORT',
  keyManagerOperations: 'KEY_MANAGER_OPERATIONS_PORT',
} as const;
type PortName = keyof typeof portSettings;
const names = Object.keys(portSettings) as PortName[];

/** The default ports when this machine has them free at this offset; else the same ports moved by a free distance. */
async function basePorts(offset: number): Promise<{ ports: Record<PortName, number>; env: Record<string, string> }> {
  if (await isOffsetFree(offset)) {
    return { ports: { ...defaultPorts }, env: {} };
  }
  const distance = (await freeOffset()) - offset;
  const ports = Object.fromEntries(names.map((name) => [name, defaultPorts[name] + distance])) as Record<
    PortName,
    number
  >;
  return { ports, env: Object.fromEntries(names.map((name) => [portSettings[name], String(ports[name])])) };
}

describe.each([0, 1, 700])('port offset %i', (offset) => {
  let quickstart: Quickstart;
  let ports: Record<PortName, number>;

  beforeAll(async () => {
    const base = await basePorts(offset);
    ports = base.ports;
    quickstart = await startQuickstart({ offset, env: base.env });
  });
  afterAll(async () => {
    await quickstart?.stop();
  });

  it('is added once to every port, and to every URL that is printed', async () => {
    const { facts } = quickstart;
    expect(facts.portOffset).toBe(offset);
    expect(facts.gatewayUrl).toBe(`https://localhost:${ports.gatewayHttps + offset}`);
    expect(facts.gatewayHttpUrl).toBe(`http://localhost:${ports.gatewayHttp + offset}`);
    expect(facts.managementUrl).toBe(`https://localhost:${ports.keyManagerHttps + offset}`);
    const listening = await Promise.all(names.map(async (name) => !(await isFree(ports[name] + offset))));
    expect(listening).toEqual(names.map(() => true));
    expect(quickstart.process.output()).toContain(facts.tokenUrl);
    if (offset !== 0) {
      expect(quickstart.process.output()).not.toMatch(new RegExp(`localhost:${ports.gatewayHttps}\\b`));
    }
  });

  it('serves tokens and calls', async () => {
    const { facts, tokens, client, readUrl } = quickstart;
    const { access_token } = await tokens.password(facts.username, facts.password, facts.sampleApi.readScope);
    expect((await client.call(readUrl, { headers: bearer(access_token) })).status).toBe(200);
    expect(
      (await client.call(readUrl.replace(facts.gatewayUrl, facts.gatewayHttpUrl), { headers: bearer(access_token) }))
        .status,
    ).toBe(200);
  });

  noSecretIsPrinted();
});

describe('keygate ports', () => {
  let occupant: Server;
  let offset: number;

  beforeAll(async () => {
    offset = await freeOffset();
    occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(defaultPorts.gatewayHttps + offset, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await new Promise((resolve) => occupant.close(resolve));
  });

  it('prints every port in force and which are taken', async () => {
    const table = await runKeygate(['ports', '--port-offset', String(offset)], { cwd: temporaryFolder().path });
    for (const name of names) {
      expect(table.output).toContain(String(defaultPorts[name] + offset));
    }
    const taken = table.output.split('\n').find((line) => line.includes(String(defaultPorts.gatewayHttps + offset)));
    expect(taken).toMatch(/taken/);
  });

  it('also accepts the offset as WSO2 spells it', async () => {
    const table = await runKeygate(['ports', `-DportOffset=${offset}`], { cwd: temporaryFolder().path });
    expect(table.output).toContain(String(defaultPorts.keyManagerGrpc + offset));
  });

  it('a taken port ends the gateway with one line: the port, the setting, an offset to try', async () => {
    const folder = temporaryFolder().path;
    const ended = await runKeygate(['gateway', '--port-offset', String(offset)], { cwd: folder });
    expect(ended.code).not.toBe(0);
    const lines = ended.output.split('\n').filter((line) => line.includes(String(defaultPorts.gatewayHttps + offset)));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/GATEWAY_HTTPS_PORT|gateway\.listeners\.https/);
    expect(lines[0]).toMatch(/offset/);
    expect(ended.output).not.toMatch(/\n\s+at .*\(/);
  });

  it('a taken port ends the whole quickstart', async () => {
    const ended = await runKeygate(['up', '--demo', '--port-offset', String(offset)], { cwd: temporaryFolder().path });
    expect(ended.code).not.toBe(0);
    expect(ended.output).toContain(String(defaultPorts.gatewayHttps + offset));
  });
});
