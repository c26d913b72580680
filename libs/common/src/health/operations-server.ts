import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ListenSettings, listen } from '../lifecycle/listen.js';

/**
 * Undefined when all is well, otherwise what is wrong, in words. `degraded` is shown but does not make the process
 * unready: something it can do without is away.
 */
export type ReadinessCheck = () => Promise<string | { readonly degraded: string } | undefined>;

export type ReadinessChecks = Readonly<Record<string, ReadinessCheck>>;

export interface OperationsSettings extends ListenSettings {
  /** Checks by name, or what came out of them elsewhere: `ok`, what is wrong, or `degraded: ` and what that is. */
  readonly readiness: ReadinessChecks | (() => Promise<Readonly<Record<string, string>>>);
  /** A registry, or what stands for several. */
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
}

export interface OperationsServer {
  readonly port: number;
  /** From now on `/readyz` answers 503, so that load balancers stop sending new work. */
  drain(): void;
  close(): Promise<void>;
}

const checkDeadlineMillis = 2_000;
export const degradedMark = 'degraded: ';

/**
 * Serves `/healthz` (the event loop turns), `/readyz` (this process can do its work) and `/metrics`. A failing
 * dependency makes a process not ready; it never makes it unhealthy, because a restart would not mend it.
 */
export async function startOperationsServer(settings: OperationsSettings): Promise<OperationsServer> {
  let draining = false;
  const server = createServer({ keepAliveTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
    answer(request, response, settings, draining).catch((error: unknown) => {
      send(response, 500, { status: 'error', message: error instanceof Error ? error.message : 'unknown' });
    });
  });
  server.maxConnections = 256;
  const port = await listen(server, settings);
  return {
    port,
    drain: () => {
      draining = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  settings: OperationsSettings,
  draining: boolean,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, { status: 'method not allowed' });
  switch (request.url?.split('?')[0]) {
    case '/healthz':
      return send(response, 200, { status: 'ok' });
    case '/readyz': {
      const { readiness } = settings;
      const checks = typeof readiness === 'function' ? await readiness() : await runChecks(readiness);
      if (draining) return send(response, 503, { status: 'draining', checks });
      const ready = Object.values(checks).every((result) => result === 'ok' || result.startsWith(degradedMark));
      return send(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', checks });
    }
    case '/metrics':
      response.writeHead(200, { 'content-type': settings.metrics.contentType });
      response.end(await settings.metrics.metrics());
      return;
    default:
      return send(response, 404, { status: 'not found' });
  }
}

/** What `/readyz` shows of each check. */
export async function runChecks(readiness: ReadinessChecks): Promise<Record<string, string>> {
  const results = Object.entries(readiness).map(async ([name, check]) => [name, await runCheck(check)] as const);
  return Object.fromEntries(await Promise.all(results));
}

async function runCheck(check: ReadinessCheck): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${checkDeadlineMillis} ms`), checkDeadlineMillis);
  });
  try {
    const result = await Promise.race([check(), deadline]);
    return typeof result === 'object' ? `${degradedMark}${result.degraded}` : (result ?? 'ok');
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  } finally {
    clearTimeout(timer);
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
