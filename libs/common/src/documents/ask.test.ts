import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAddressGuard } from './address-guard.js';
import { ask } from './ask.js';

const guard = createAddressGuard({ allowPrivateNetworks: true });
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/moved') response.writeHead(307, { location: '/' }).end();
    else if (request.url === '/endless') response.write('a'.repeat(2_000));
    else if (request.url === '/long') response.end('a'.repeat(2_000));
    else request.on('data', (chunk: Buffer) => response.end(`${request.method} ${chunk} ${request.headers['x-a']}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://localhost:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('a question to a configured address', () => {
  it('is sent as it is, and its answer read', async () => {
    const reply = await ask(`${url}/`, {
      method: 'POST',
      body: 'bödy',
      headers: { 'x-a': 'b' },
      guard,
      deadlineMillis: 5_000,
    });
    expect(reply).toMatchObject({ status: 200, statusText: 'OK', body: 'POST bödy b' });
  });

  it('follows no redirect', async () => {
    expect((await ask(`${url}/moved`, { method: 'GET', guard, deadlineMillis: 5_000 })).status).toBe(307);
  });

  it('reads no more than the limit', async () => {
    const long = ask(`${url}/long`, { method: 'GET', guard, deadlineMillis: 5_000, maxBytes: 1_000 });
    await expect(long).rejects.toThrow('the answer is too long');
  });

  it('is over after the deadline, also inside the answer', async () => {
    await expect(ask(`${url}/endless`, { method: 'GET', guard, deadlineMillis: 200 })).rejects.toThrow();
  });

  it.each([
    ['a refused address', 'http://169.254.169.254/', 'the address may not be called from here'],
    ['another protocol', 'file:///etc/passwd', 'the URL is not of HTTP'],
  ])('does not go to %s', async (_, target, problem) => {
    await expect(ask(target, { method: 'GET', guard, deadlineMillis: 5_000 })).rejects.toThrow(problem);
  });

  it('does not go to a name that leads to a refused address', async () => {
    const shut = createAddressGuard({ allowPrivateNetworks: false });
    const question = ask(`${url}/`, { method: 'GET', guard: shut, deadlineMillis: 5_000 });
    await expect(question).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
  });
});
