import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { temporaryFolder } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { defaultPorts } from './support/ports.js';
import { runKeygate } from './support/processes.js';
import { type Quickstart, startQuickstart } from './support/quickstart.js';
import { basic } from './support/token-client.js';

describe('doors that stay closed', () => {
  let quickstart: Quickstart;
  let ca: Buffer;
  let certificates: string;

  beforeAll(async () => {
    quickstart = await startQuickstart();
    ca = readFileSync(quickstart.facts.caFile);
    certificates = temporaryFolder().path;
    await runKeygate(['certs', 'issue', '--cn', 'probe', '--out', certificates, '--data-dir', quickstart.dataDir]);
  });
  afterAll(async () => {
    await quickstart?.stop();
  });

  const port = (name: keyof typeof defaultPorts) => defaultPorts[name] + quickstart.facts.portOffset;

  it('gRPC gives a caller without a client certificate nothing', async () => {
    for (const path of ['/keymanager.v1.KeyValidationService/ValidateToken', '/grpc.health.v1.Health/Check']) {
      await expect(grpcCall(path)).rejects.toThrow();
    }
  });

  function grpcCall(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const session = connectHttp2(`https://localhost:${port('keyManagerGrpc')}`, { ca });
      session.on('error', reject);
      session.on('close', () => reject(new Error('closed')));
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.on('error', reject);
      stream.on('response', (headers) => {
        session.destroy();
        resolve(JSON.stringify(headers));
      });
      stream.end(Buffer.alloc(5));
    });
  }

  it('the token endpoints do not answer over plain HTTP', async () => {
    const { facts, client } = quickstart;
    const answer = await client.call(`${facts.gatewayHttpUrl}/token`, {
      method: 'POST',
      headers: {
        Authorization: basic(facts.consumerKey, facts.consumerSecret),
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    expect(answer.status).toBe(403);
    expect(answer.headers['content-type']).toContain('application/json');
    expect(answer.text).not.toContain('access_token');
  });

  it.each(['gatewayHttps', 'keyManagerHttps', 'keyManagerGrpc'] as const)(
    '%s speaks TLS 1.2 and newer only',
    async (name) => {
      await expect(handshake(port(name), 'TLSv1.1')).rejects.toThrow();
      const socket = await handshake(port(name), 'TLSv1.2');
      expect(socket.authorized || socket.authorizationError === undefined).toBe(true);
      socket.destroy();
    },
  );

  /** With a client certificate, which the gRPC port asks for and the others ignore. */
  function handshake(onPort: number, version: 'TLSv1.1' | 'TLSv1.2'): Promise<TLSSocket> {
    const [cert, key] = [join(certificates, 'probe.crt'), join(certificates, 'probe.key')].map((file) =>
      readFileSync(file),
    );
    return new Promise((resolve, reject) => {
      // Security level 0 lets this client offer TLS 1.1 at all, so that the refusal is the server's.
      const socket = connectTls(
        {
          port: onPort,
          host: 'localhost',
          servername: 'localhost',
          ca,
          cert,
          key,
          minVersion: version,
          maxVersion: version,
          ciphers: 'DEFAULT:@SECLEVEL=0',
        },
        () => resolve(socket),
      );
      socket.on('error', reject);
    });
  }

  it('everything listens on loopback only', () => {
    const listening = readFileSync('/proc/net/tcp', 'utf8');
    for (const name of Object.keys(defaultPorts) as (keyof typeof defaultPorts)[]) {
      const hexPort = port(name).toString(16).toUpperCase().padStart(4, '0');
      expect(listening, name).not.toContain(`00000000:${hexPort} `);
    }
  });

  it('operations answers health, readiness and metrics without a secret in them', async () => {
    const base = `http://127.0.0.1:${port('gatewayOperations')}`;
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect((await fetch(`${base}${path}`)).status).toBe(200);
    }
  });

  noSecretIsPrinted();
});

describe('configuration problems', () => {
  it('are reported all together, with the setting and where the value came from', async () => {
    const folder = temporaryFolder().path;
    writeFileSync(
      join(folder, 'keygate.yaml'),
      'portOfset: 3\nlogging:\n  level: loud\ngateway:\n  listeners:\n    https: 99999\n',
    );
    const ended = await runKeygate(['gateway', '--config', join(folder, 'keygate.yaml')], {
      cwd: folder,
      env: { GATEWAY_TOKEN_MAX_ENTRIES: 'many', GATEWAY_HTPS_PORT: '1' },
    });
    expect(ended.code).not.toBe(0);
    for (const setting of [
      'portOfset',
      'logging.level',
      'gateway.listeners.https',
      'GATEWAY_TOKEN_MAX_ENTRIES',
      'GATEWAY_HTPS_PORT',
    ]) {
      expect(ended.output).toContain(setting);
    }
    expect(ended.output).toContain('keygate.yaml');
    expect(ended.output).not.toMatch(/\n\s+at .*\(/);
  });

  it('a key that does not belong to its certificate is refused in one line', async () => {
    const folder = temporaryFolder().path;
    const issue = (name: string) =>
      runKeygate(['certs', 'issue', '--cn', name, '--out', join(folder, name), '--data-dir', join(folder, 'data')], {
        cwd: folder,
      });
    expect((await issue('one')).code).toBe(0);
    expect((await issue('two')).code).toBe(0);
    const { readdirSync } = await import('node:fs');
    const file = (name: string, kind: RegExp) => {
      const found = readdirSync(join(folder, name)).find((entry) => kind.test(entry) && !/ca/.test(entry));
      return join(folder, name, found ?? 'missing');
    };
    const ended = await runKeygate(['gateway'], {
      cwd: folder,
      env: {
        KEYGATE_DATA_DIR: join(folder, 'data'),
        GATEWAY_TLS_CERT_FILE: file('one', /crt|cert/),
        GATEWAY_TLS_KEY_FILE: file('two', /key/),
      },
    });
    expect(ended.code).not.toBe(0);
    expect(ended.output).toMatch(/GATEWAY_TLS_KEY_FILE|gateway\.tls\.keyFile/);
    expect(ended.output).not.toMatch(/\n\s+at .*\(/);
  });

  it('a weak admin password is refused unless everything is bound to loopback', async () => {
    const folder = temporaryFolder().path;
    const ended = await runKeygate(['key-manager'], {
      cwd: folder,
      env: {
        KEYGATE_DATA_DIR: join(folder, 'data'),
        KEYGATE_ADMIN_PASSWORD: 'admin',
        KEY_MANAGER_BIND_ADDRESS: '0.0.0.0',
      },
    });
    expect(ended.code).not.toBe(0);
    expect(ended.output).toMatch(/KEYGATE_ADMIN_PASSWORD|adminPassword/);
  });
});
