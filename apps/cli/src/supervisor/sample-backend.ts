import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SampleBackend {
  readonly url: string;
  close(): Promise<void>;
}

interface Pet {
  readonly id: number;
  readonly name: string;
}

const mostPets = 100;
const largestBody = 64 * 1_024;

/**
 * The service behind the sample API: `GET /pets`, `POST /pets`, `GET /health`. In memory, on loopback, on the port kept in
 * `portFile` if that is free: a gateway that starts from its copy of the catalogue then finds the backend where it was.
 */
export async function startSampleBackend(portFile: string): Promise<SampleBackend> {
  const pets: Pet[] = [
    { id: 1, name: 'Tom' },
    { id: 2, name: 'Jerry' },
  ];
  const server = createServer((request, response) => {
    answer(request, response, pets).catch(() => send(response, 400, { message: 'The body must be JSON with a name.' }));
  });
  const kept = keptPort(portFile);
  const port = await listen(server, kept).catch(() => listen(server, 0));
  if (port !== kept) writeFileSync(portFile, `${port}\n`);
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** 0, any free port, when none is kept. */
function keptPort(file: string): number {
  try {
    const port = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(port) && port > 1_023 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, pets: Pet[]): Promise<void> {
  const path = request.url?.split('?')[0];
  const called = `${request.method} ${path}`;
  switch (called) {
    case 'GET /health':
      return send(response, 200, { status: 'ok' });
    case 'GET /pets':
      return send(response, 200, { pets });
    case 'POST /pets': {
      const pet = { id: (pets.at(-1)?.id ?? 0) + 1, name: await nameFrom(request) };
      pets.push(pet);
      // Bounded: the backend of a demo that runs for a week must not grow.
      if (pets.length > mostPets) pets.shift();
      return send(response, 201, pet);
    }
    default:
      return send(response, 404, { message: `The sample backend knows no ${called}.` });
  }
}

async function nameFrom(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > largestBody) throw new Error('too large');
  }
  const { name } = JSON.parse(body) as { name?: unknown };
  if (typeof name !== 'string' || name === '') throw new Error('no name');
  return name.slice(0, 100);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
