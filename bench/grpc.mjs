// What asking the key manager about a token costs on both sides of the wire: by a unary call through Nest, by a unary
// call that grpc-js serves itself, and over the stream. CPU time, not wall-clock time, so that a busy machine matters less;
// the ways take turns, the median of the rounds counts. Nothing is behind the key manager: no database, one fixed answer.
//
//   npx tsc -b && node bench/grpc.mjs            writes bench/results/grpc.md
//   node bench/grpc.mjs --quick                  one short round, writes nothing
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '@keygate/common/logging';
import { ensureCertificate } from '@keygate/common/tls';

const built = (app, file) => import(new URL(`../apps/${app}/dist/${file}`, import.meta.url));
const logger = createLogger({ name: 'bench', level: 'silent', format: 'json' });
const quick = process.argv.includes('--quick');
const rounds = quick ? 1 : 5;
const concurrencies = [1, 64];
const callsOf = (concurrency) => (quick ? 2_000 : concurrency === 1 ? 10_000 : 60_000);
const ways = ['unary through Nest', 'unary by grpc-js', 'stream'];

if (process.argv[2] === 'serve') await serve(process.argv[3], process.argv[4]);
else await main();

async function main() {
  const dataDir = mkdtempSync(join(tmpdir(), 'keygate-bench-'));
  const servers = new Map();
  try {
    const results = new Map();
    for (const way of ways) servers.set(way, await connected(way, dataDir));
    for (const concurrency of concurrencies) {
      for (const way of ways) await measure(servers.get(way), concurrency, callsOf(concurrency) / 2);
      for (let round = 0; round < rounds; round++) {
        for (const way of ways) {
          const key = `${way} ${concurrency}`;
          const figures = await measure(servers.get(way), concurrency, callsOf(concurrency));
          results.set(key, [...(results.get(key) ?? []), figures]);
        }
      }
    }
    const text = report(results);
    console.log(text);
    if (!quick) writeFileSync(fileURLToPath(new URL('results/grpc.md', import.meta.url)), text);
  } finally {
    for (const { client, child } of servers.values()) {
      client.close();
      child.kill();
    }
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** One key manager process and a client of it for each way. */
async function connected(way, dataDir) {
  const child = fork(fileURLToPath(import.meta.url), ['serve', way, dataDir]);
  const [{ port }] = await once(child, 'message');
  const { KeyManagerClient } = await built('gateway', 'key-manager/key-manager.client.js');
  const { channelSettings } = await built('gateway', 'key-manager/channel.js');
  const { parseServerUrl } = await built('gateway', 'key-manager/server-url.js');
  const identity = await ensureCertificate(dataDir, { name: 'gateway', commonName: 'gateway', kind: 'client' });
  const url = parseServerUrl(`https://localhost:${port}`, { portOffset: 0, allowPlaintext: false });
  const settings = { issueDeadlineMillis: 5_000, validateDeadlineMillis: 5_000 };
  const client = new KeyManagerClient(channelSettings(url, identity), settings, logger);
  if (way === 'stream') client.start();
  await client.validateToken(Buffer.alloc(32));
  while (client.hasStream !== (way === 'stream')) await new Promise((resolve) => setTimeout(resolve, 10));
  return { child, client };
}

async function measure({ child, client }, concurrency, calls) {
  const hash = Buffer.alloc(32, 7);
  let left = calls;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      await client.validateToken(hash);
    }
  };
  const serverBefore = await serverCpu(child);
  const before = process.cpuUsage();
  const began = performance.now();
  await Promise.all(Array.from({ length: concurrency }, caller));
  const millis = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  const serverMicros = (await serverCpu(child)) - serverBefore;
  return { client: (user + system) / calls, server: serverMicros / calls, perSecond: (calls / millis) * 1_000 };
}

async function serverCpu(child) {
  child.send('cpu');
  const [{ cpu }] = await once(child, 'message');
  return cpu;
}

/** The key manager's own transport in front of an authorization server that always gives the same answer. */
async function serve(way, dataDir) {
  const { GrpcTransport } = await built('key-manager', 'grpc/grpc-transport.js');
  const { directServices } = await built('key-manager', 'grpc/direct-services.js');
  const { TokenCalls } = await built('key-manager', 'grpc/token-calls.js');
  const { Callers } = await built('key-manager', 'operations/callers.js');
  const { OpenStreams } = await built('key-manager', 'grpc/open-streams.js');
  const server = { validateToken: async () => validation };
  const parts = { server, callers: new Callers(), openStreams: new OpenStreams({ inc() {}, dec() {} }) };
  const all = directServices(parts, logger, 1_000);
  const direct = way === 'unary through Nest' ? all.filter(({ name }) => !name.includes('Validation')) : all;
  const pair = await ensureCertificate(dataDir, { name: 'km', commonName: 'key-manager', kind: 'server' });
  const settings = { host: '127.0.0.1', port: 0, maxMessageBytes: 4_194_304, maxConcurrentStreams: 1_000, tls: pair };
  const transport = new GrpcTransport({ ...settings, setting: 'bench', portOffset: 0 }, direct);
  await startNest(transport, new TokenCalls(server, parts.callers, logger));
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send({ cpu: user + system });
  });
  process.send({ port: transport.port });
}

/** Nest with one controller, as a key manager that leaves the call to Nest would have it. */
async function startNest(transport, calls) {
  await import('reflect-metadata');
  const { Controller, Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { GrpcMethod } = await import('@nestjs/microservices');
  class KeyValidationController {
    validateToken(request) {
      return calls.validateToken(request);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(KeyValidationController.prototype, 'validateToken');
  GrpcMethod('KeyValidationService', 'validateToken')(KeyValidationController.prototype, 'validateToken', descriptor);
  Controller()(KeyValidationController);
  class BenchModule {}
  Module({ controllers: [KeyValidationController] })(BenchModule);
  const app = await NestFactory.createMicroservice(BenchModule, { strategy: transport, logger: false });
  await app.listen();
}

const validation = {
  state: 'ACTIVE',
  revocationSeq: 42,
  facts: {
    clientId: 'wU62DjlyDBnq87GlBwplfqvmAbAa',
    applicationId: '6f1c2b7e-0000-4000-8000-000000000002',
    keyType: 'PRODUCTION',
    user: 'demo@carbon.super',
    tenantDomain: 'carbon.super',
    scope: ['read', 'update'],
    issuedAt: 1_700_000_000_000,
    expiresAt: 1_700_003_600_000,
    kind: 'APPLICATION_USER',
    grantId: '6f1c2b7e-0000-4000-8000-000000000001',
    audience: [],
  },
};

function report(results) {
  const median = (key, figure) => {
    const sorted = results
      .get(key)
      .map((figures) => figures[figure])
      .sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  };
  const rows = concurrencies.flatMap((concurrency) => {
    const base = total(`unary through Nest ${concurrency}`);
    return ways.map((way) => {
      const key = `${way} ${concurrency}`;
      const figures = [median(key, 'client'), median(key, 'server')].map((micros) => micros.toFixed(1));
      const share = (total(key) / base).toFixed(2);
      return `| ${concurrency} | ${way} | ${figures.join(' | ')} | ${share} | ${Math.round(median(key, 'perSecond'))} |`;
    });
  });
  function total(key) {
    return median(key, 'client') + median(key, 'server');
  }
  return `# Asking the key manager about a token

CPU time of one \`ValidateToken\` over mutual TLS on one machine, both sides, with nothing behind the key manager. Median of
${rounds} rounds; made by \`node bench/grpc.mjs\` on Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model.trim()}).

| In flight | Way | Client, µs | Server, µs | Both, share of Nest | Calls/s |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
