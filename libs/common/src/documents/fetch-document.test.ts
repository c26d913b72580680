import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { temporaryFolder } from '@keygate/common/testing';
import { ensureCertificate } from '@keygate/common/tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createDocumentFetch, FetchFailed } from './fetch-document.js';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
}

const local = { allowPrivateNetworks: true };

describe('fetching a document that others publish', () => {
  it('reads JSON', async () => {
    const uri = await serve((_request, response) => response.end('{"keys":[]}'));
    expect(await createDocumentFetch(local)(uri)).toEqual({ keys: [] });
    expect(await createDocumentFetch(local)(uri.replace('127.0.0.1', 'localhost'))).toEqual({ keys: [] });
  });

  it('asks no address of this machine or of private networks unless told so', async () => {
    let asked = 0;
    const uri = await serve((_request, response) => {
      asked++;
      response.end('{}');
    });
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1']) {
      const fetch = createDocumentFetch({ allowPrivateNetworks: false });
      await expect(fetch(uri.replace('127.0.0.1', host))).rejects.toThrow('its address may not be asked');
    }
    expect(asked).toBe(0);
  });

  it.each([
    'http://8.8.8.8/keys',
    'file:///etc/passwd',
    'https://user:secret@127.0.0.1/',
    'ftp://127.0.0.1/',
    'keys',
    'http://169.254.169.254/latest/meta-data',
  ])('refuses %s', async (uri) => {
    await expect(createDocumentFetch(local)(uri)).rejects.toThrow(FetchFailed);
  });

  it('follows no redirect', async () => {
    const target = await serve((_request, response) => response.end('{}'));
    const uri = await serve((_request, response) => response.writeHead(302, { location: target }).end());
    await expect(createDocumentFetch(local)(uri)).rejects.toThrow('the answer is 302');
  });

  it('reads no more than the limit, nor longer than the deadline', async () => {
    const large = await serve((_request, response) => response.end(`"${'x'.repeat(5_000)}"`));
    await expect(createDocumentFetch({ ...local, maxBytes: 1_000 })(large)).rejects.toThrow('too large');
    const silent = await serve((_request, response) => response.writeHead(200).write('{'));
    await expect(createDocumentFetch({ ...local, deadlineMillis: 50 })(silent)).rejects.toThrow('it took too long');
  });

  it('fails on what is no JSON', async () => {
    const uri = await serve((_request, response) => response.end('<html>'));
    await expect(createDocumentFetch(local)(uri)).rejects.toThrow('it could not be read');
  });

  it('checks the certificate over HTTPS', async () => {
    const folder = temporaryFolder();
    const pair = await ensureCertificate(folder.path, {
      name: 'idp',
      commonName: 'idp',
      kind: 'server',
      hosts: ['localhost'],
    });
    const server = createTlsServer({ cert: pair.cert, key: pair.key }, (_request, response) => response.end('{"a":1}'));
    open.push(server as unknown as Server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const uri = `https://localhost:${(server.address() as AddressInfo).port}/`;
    await expect(createDocumentFetch(local)(uri)).rejects.toThrow('it could not be read');
    expect(await createDocumentFetch({ ...local, ca: pair.ca })(uri)).toEqual({ a: 1 });
    folder.remove();
  });
});
