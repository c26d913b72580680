import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeOffset, isReady, ports, profiling, repository, roleFlags } from '../support/cluster.mjs';
import { start } from '../support/processes.mjs';
import { cores, here } from './load.mjs';

/**
 * A gateway as operators run it, and the made-up key manager that it follows. `checkout` is another built copy of this
 * repository, to compare two versions in the same run.
 */
export async function startOurGateway({ name, folder, backendPort, world, env = {}, checkout = repository }) {
  const offset = await freeOffset();
  const dataDir = join(folder, name.replaceAll(/\W+/g, '-'));
  mkdirSync(dataDir, { recursive: true });
  const settings = { dataDir, world, backendUrl: `http://127.0.0.1:${backendPort}` };
  const keyManager = start(join(here, 'key-manager.mjs'), [], {
    cwd: dataDir,
    env: { BENCH_SETTINGS: JSON.stringify(settings) },
    log: join(dataDir, 'key-manager.log'),
    core: cores.load,
  });
  const { port } = await keyManager.message();
  const gateway = start(join(checkout, 'apps/cli/dist/main.js'), ['gateway'], {
    cwd: dataDir,
    env: {
      PORT_OFFSET: String(offset),
      KEYGATE_DATA_DIR: dataDir,
      KEY_MANAGER_SERVER_URL: `https://localhost:${port}`,
      LOG_FORMAT: 'json',
      // What a busy machine does to the streams of the key manager is not what is measured.
      KEY_MANAGER_VALIDATE_DEADLINE_MILLIS: '60000',
      GATEWAY_TOKEN_LOCAL_TTL_SECONDS: '3600',
      ...env,
    },
    log: join(dataDir, 'gateway.log'),
    core: cores.serving,
    execArgv: [...roleFlags, '--expose-gc', '--import', join(here, 'memory-probe.mjs'), ...profiling(`${name}.log`)],
  });
  await gateway.until(() => isReady(ports.gatewayOperations + offset), 180_000);
  // The CLI says that it is ready.
  await gateway.message();
  return {
    name,
    http: { port: ports.gatewayHttp + offset },
    https: { port: ports.gateway + offset, ca: readFileSync(join(dataDir, 'tls/ca.crt'), 'utf8') },
    tls: { certFile: join(dataDir, 'tls/gateway.crt'), keyFile: join(dataDir, 'tls/gateway.key') },
    pid: gateway.pid,
    /** After a full garbage collection, in bytes. */
    async memory() {
      gateway.send({ bench: 'memory' });
      return (await gateway.message()).memory;
    },
    async stop() {
      await gateway.stop();
      await keyManager.stop();
    },
  };
}
