import { join } from 'node:path';
import { repository } from './cluster.mjs';
import { start } from './processes.mjs';

/** One of the other servers in a process of its own, with the certificate and key of our gateway. */
export async function startPeer({ name, file, cluster, folder }) {
  const client = { id: 'bench-client', secret: 'bench-client-secret-of-some-length' };
  const tls = join(cluster.dataDir, 'tls');
  const settings = { certFile: join(tls, 'gateway.crt'), keyFile: join(tls, 'gateway.key'), client };
  const peer = start(join(repository, 'bench/peers', file), [], {
    cwd: repository,
    env: { BENCH_SETTINGS: JSON.stringify(settings) },
    log: join(folder, `${file}.log`),
  });
  const { port } = await peer.message();
  return {
    name,
    ca: cluster.ca,
    url: `https://localhost:${port}`,
    client,
    /** Made when they are needed: the stores keep the newest entries only. */
    async newRefreshTokens(families) {
      peer.send({ families });
      return (await peer.message()).refreshTokens;
    },
    processes: () => ({ [name]: peer.pid }),
    stop: () => peer.stop(),
  };
}
