import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';

/** Opens so many connections one after the other, each with the session of the first, and answers how many resumed it. */
export async function resumedSessions(url: string, caFile: string, connections: number): Promise<number> {
  const { hostname, port } = new URL(url);
  const ca = readFileSync(caFile);
  let session: Buffer | undefined;
  let resumed = 0;
  for (let number = 0; number < connections; number++) {
    await new Promise<void>((resolve, reject) => {
      const options = {
        host: hostname,
        port: Number(port),
        servername: 'localhost',
        ca,
        maxVersion: 'TLSv1.2',
      } as const;
      const socket = connect({ ...options, ...(session && { session }) }, () => {
        if (socket.isSessionReused()) resumed += 1;
        session ??= socket.getSession();
        socket.end();
        resolve();
      });
      socket.once('error', reject);
    });
  }
  return resumed;
}
