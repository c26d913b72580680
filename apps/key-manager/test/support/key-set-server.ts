import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Publishes whatever `keys` holds when it is asked, on this machine. */
export async function startKeySetServer(keys: readonly object[]) {
  const state = { keys, asked: 0 };
  const server = createServer((_request, response) => {
    state.asked++;
    response.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify({ keys: state.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    state,
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
