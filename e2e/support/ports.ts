import { createServer } from 'node:net';

/** Every port of DESIGN section 1 that a cluster listens on, before the offset. */
export const defaultPorts = {
  gatewayHttps: 8243,
  gatewayHttp: 8280,
  gatewayWss: 8099,
  gatewayWs: 9099,
  gatewayOperations: 9643,
  keyManagerHttps: 9443,
  keyManagerHttp: 9763,
  keyManagerGrpc: 10_397,
  keyManagerOperations: 9844,
} as const;

export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

export async function isOffsetFree(offset: number): Promise<boolean> {
  const free = await Promise.all(Object.values(defaultPorts).map((port) => isFree(port + offset)));
  return free.every(Boolean);
}

const taken = new Set<number>();

/**
 * A random offset whose ports, and those of the next `count - 1` offsets, are all free. Stays below the ports the
 * system hands out for outgoing connections (32768 and up on Linux).
 */
export async function freeOffset(count = 1): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const offset = 2_500 + Math.floor(Math.random() * 19_500);
    const wanted = Array.from({ length: count }, (_, index) => offset + index);
    const near = [...taken].some((other) => Math.abs(other - offset) < 10);
    if (!near && (await Promise.all(wanted.map(isOffsetFree))).every(Boolean)) {
      for (const one of wanted) {
        taken.add(one);
      }
      return offset;
    }
  }
  throw new Error('no port offset with free ports found');
}
