import { KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { ensureCertificate, ensureLocalCa, loadPemPair } from './index.js';

const settings = { cert: 'gateway.tls.certFile', key: 'gateway.tls.keyFile' };
const server = { name: 'gateway', commonName: 'gateway', kind: 'server' } as const;

describe('local CA', () => {
  let folder: TemporaryFolder;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  it('issues a P-256 certificate that a TLS client accepts for localhost and both loopback addresses', async () => {
    const pair = await ensureCertificate(folder.path, server);
    const https = createServer({ cert: pair.cert, key: pair.key }).listen(0);
    const { port } = https.address() as AddressInfo;
    for (const servername of ['localhost', '127.0.0.1', '::1']) {
      const socket = connect({
        port,
        host: 'localhost',
        ca: pair.ca,
        checkServerIdentity: (_, peer) => check(peer.raw, servername),
      });
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      expect(socket.authorized).toBe(true);
      socket.destroy();
    }
    https.close();
    expect(new X509Certificate(pair.cert).publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });

  it('keeps keys to the owner and gives the same certificate again', async () => {
    const first = await ensureCertificate(folder.path, server);
    expect(await ensureCertificate(folder.path, server)).toEqual(first);
    for (const file of ['ca.key', 'gateway.key']) {
      expect(statSync(join(folder.path, 'tls', file)).mode & 0o777).toBe(0o600);
    }
  });

  it('gives one CA and fitting pairs when many ask at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, i) => ensureCertificate(folder.path, { ...server, name: `n${i % 2}` })),
    );
    expect(new Set(all.map((pair) => pair.ca)).size).toBe(1);
    for (const pair of all) expect(isSigned(pair.cert, pair.ca)).toBe(true);
  });

  it('makes a certificate again when the CA changed or a host is missing', async () => {
    const first = await ensureCertificate(folder.path, server);
    const more = await ensureCertificate(folder.path, { ...server, hosts: ['api.example.com'] });
    expect(new X509Certificate(more.cert).checkHost('api.example.com')).toBe('api.example.com');
    for (const file of ['ca.key', 'ca.crt']) rmSync(join(folder.path, 'tls', file));
    const again = await ensureCertificate(folder.path, server);
    expect(again.ca).not.toBe(first.ca);
    expect(isSigned(again.cert, again.ca)).toBe(true);
  });

  it('admits a client certificate as client only', async () => {
    const pair = await ensureCertificate(folder.path, { name: 'gw', commonName: 'gateway-1', kind: 'client' });
    expect(new X509Certificate(pair.cert).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });
});

describe('certificates by configuration', () => {
  let folder: TemporaryFolder;
  const file = (name: string) => join(folder.path, name);
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  it('loads a pair that fits', async () => {
    const pair = await ensureCertificate(folder.path, server);
    writeFileSync(file('c'), pair.cert);
    writeFileSync(file('k'), pair.key);
    expect(await loadPemPair(file('c'), file('k'), settings)).toEqual({ cert: pair.cert, key: pair.key });
  });

  it('refuses a key of another certificate, naming both settings', async () => {
    writeFileSync(file('c'), (await ensureCertificate(folder.path, server)).cert);
    writeFileSync(file('k'), (await ensureLocalCa(folder.path)).key);
    await expect(loadPemPair(file('c'), file('k'), settings)).rejects.toThrow(
      /^gateway\.tls\.keyFile: .* is not the key of the certificate in .* \(gateway\.tls\.certFile\)$/,
    );
  });

  it('refuses an expired certificate and one that is not valid yet', async () => {
    for (const [from, to, words] of [
      ['2020-01-01', '2020-02-01', 'expired on Feb  1'],
      ['2099-01-01', '2099-02-01', 'is not valid before Jan  1'],
    ] as const) {
      await selfSigned(file('c'), file('k'), from, to);
      await expect(loadPemPair(file('c'), file('k'), settings)).rejects.toThrow(words);
    }
  });

  it('refuses one file without the other, a missing file and files that are no PEM', async () => {
    writeFileSync(file('x'), 'nothing');
    writeFileSync(file('c'), (await ensureCertificate(folder.path, server)).cert);
    await expect(loadPemPair(file('c'), undefined, settings)).rejects.toThrow('gateway.tls.keyFile: is required when');
    await expect(loadPemPair(undefined, file('x'), settings)).rejects.toThrow('gateway.tls.certFile: is required when');
    await expect(loadPemPair(file('none'), file('x'), settings)).rejects.toThrow('cannot be read: no such file');
    await expect(loadPemPair(file('x'), file('x'), settings)).rejects.toThrow('holds no PEM certificate');
    await expect(loadPemPair(file('c'), file('x'), settings)).rejects.toThrow('holds no PEM private key');
  });
});

function check(raw: Buffer, host: string): Error | undefined {
  const certificate = new X509Certificate(raw);
  return (certificate.checkHost(host) ?? certificate.checkIP(host)) ? undefined : new Error(`not for ${host}`);
}

function isSigned(cert: string, ca: string): boolean {
  return new X509Certificate(cert).verify(new X509Certificate(ca).publicKey);
}

async function selfSigned(certFile: string, keyFile: string, from: string, to: string): Promise<void> {
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const validity = { notBefore: new Date(from), notAfter: new Date(to) };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=old',
    keys,
    signingAlgorithm,
    ...validity,
  });
  writeFileSync(certFile, certificate.toString('pem'));
  writeFileSync(keyFile, KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }));
}
