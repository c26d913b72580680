import { parseKeySet } from '@keygate/common/jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CertificateFacts,
  type MadeCertificate,
  makeCertificate,
} from '../../test/support/client-certificates.js';
import { createClientCertificateVerifier } from './client-certificate.js';
import type { Client, ClientMetadata } from './model.js';

const clientWith = (metadata: ClientMetadata): Client => ({
  clientId: 'client',
  name: 'client',
  tenantDomain: 'carbon.super',
  owner: 'owner@carbon.super',
  keyType: 'PRODUCTION',
  grantTypes: [],
  confidential: true,
  active: true,
  allTenants: false,
  lifetimes: {},
  metadata,
});
const day = 86_400_000;

describe('client certificates (RFC 8705 §2)', () => {
  let ca: MadeCertificate;
  let expiredCa: MadeCertificate;
  let noCa: MadeCertificate;
  let published: object[] = [];
  let judge: (certificate: Buffer | undefined, metadata: ClientMetadata) => Promise<string | undefined>;
  beforeAll(async () => {
    ca = await makeCertificate({ subject: 'CN=Partners CA', ca: true });
    expiredCa = await makeCertificate({
      subject: 'CN=Old CA',
      ca: true,
      from: Date.now() - 2 * day,
      to: Date.now() - day,
    });
    noCa = await makeCertificate({ subject: 'CN=Leaf', issuer: ca });
    const verify = createClientCertificateVerifier({
      authorities: [ca, expiredCa, noCa].map(({ cert }) => cert),
      clock: { now: Date.now },
      keySets: {
        keySetAt: async () => ({ keys: [] }),
        newerThan: async () => parseKeySet({ keys: published }),
      },
    });
    judge = (certificate, metadata) => verify(certificate, clientWith(metadata));
  });

  const issued = (facts: CertificateFacts = {}) => makeCertificate({ issuer: ca, ...facts });
  const byDn = (tlsClientAuthSubjectDn: string) =>
    ({ tokenEndpointAuthMethod: 'tls_client_auth', tlsClientAuthSubjectDn }) as const;

  it.each([
    ['C=DE,O=Example\\, Inc.,OU=Payments,CN=client', 'CN=client,OU=Payments,O=Example\\, Inc.,C=DE'],
    ['C=DE,O=Example\\, Inc.,OU=Payments,CN=client', 'cn=CLIENT, ou=payments ,O=Example\\2C  Inc., c=de'],
    ['DC=com,DC=example,CN=client', '2.5.4.3=client,DC=example,DC=com'],
    ['CN=Grüße', 'CN=Gr\\C3\\BC\\C3\\9Fe'],
  ])('of the subject %s prove the client registered as %s', async (subject, registered) => {
    const { der } = await issued({ subject, usage: 'client' });
    expect(await judge(der, byDn(registered))).toBeUndefined();
  });

  it.each([
    'CN=another',
    'CN=client',
    'O=Example,CN=client',
    'CN=client,O=Example,C=DE',
    'CN=client+O=Example',
    'CN=*,O=Example',
    'CN=#0c06636c69656e74,O=Example',
    '',
    'client',
  ])('of another subject prove nothing for %j', async (registered) => {
    const { der } = await issued({ subject: 'O=Example,CN=client' });
    expect(await judge(der, byDn(registered))).toBe('the certificate names somebody else');
  });

  it.each([
    [{ tlsClientAuthSanDns: 'Client.example.com' }, { type: 'dns', value: 'client.example.com' }],
    [{ tlsClientAuthSanUri: 'spiffe://example.com/a' }, { type: 'url', value: 'spiffe://example.com/a' }],
    [{ tlsClientAuthSanEmail: 'a@Example.com' }, { type: 'email', value: 'a@example.com' }],
    [{ tlsClientAuthSanIp: '192.0.2.7' }, { type: 'ip', value: '192.0.2.7' }],
    [{ tlsClientAuthSanIp: '2001:DB8:0:0::7' }, { type: 'ip', value: '2001:db8::7' }],
  ] as const)('prove a client by %j', async (metadata, name) => {
    const method = { tokenEndpointAuthMethod: 'tls_client_auth', ...metadata } as const;
    const { der } = await issued({ san: [{ type: 'dns', value: 'first.example.com' }, name] });
    expect(await judge(der, method)).toBeUndefined();
    const other = await issued({ san: [{ type: 'dns', value: '*.example.com' }] });
    expect(await judge(other.der, method)).toBe('the certificate names somebody else');
    expect(await judge((await issued()).der, method)).toBe('the certificate names somebody else');
  });

  it('of nobody trusted prove nothing, whatever they say', async () => {
    const impostor = await makeCertificate({ subject: 'CN=Partners CA', ca: true });
    const untrusted = 'no trusted authority issued the certificate';
    for (const facts of [
      { issuer: impostor },
      { issuer: undefined },
      { issuer: expiredCa },
      { issuer: noCa },
      { usage: 'server' as const },
    ]) {
      expect(await judge((await issued(facts)).der, byDn('CN=client'))).toBe(untrusted);
    }
  });

  it('prove nothing before and after their time', async () => {
    for (const facts of [{ to: Date.now() - 1_000 }, { from: Date.now() + 60_000 }]) {
      expect(await judge((await issued(facts)).der, byDn('CN=client'))).toBe('the certificate is not in force');
    }
  });

  it('that cannot be read are none', async () => {
    for (const der of [undefined, Buffer.alloc(0), Buffer.from('text'), Buffer.alloc(20_000)]) {
      expect(await judge(der, byDn('CN=client'))).toBe('no certificate was shown');
    }
  });

  it('signed by themselves prove the client that registered the key', async () => {
    const own = await makeCertificate();
    const other = await makeCertificate();
    const method = { tokenEndpointAuthMethod: 'self_signed_tls_client_auth' } as const;
    const inline = { ...method, jwks: { keys: [other.jwk, own.jwk] } };
    expect(await judge(own.der, inline)).toBeUndefined();
    expect(await judge(own.der, { ...method, jwks: { keys: [other.jwk] } })).toBe('the key is not registered');
    expect(await judge(own.der, method)).toBe('the key is not registered');
    const remote = { ...method, jwksUri: 'https://client.example/jwks' };
    published = [other.jwk];
    expect(await judge(own.der, remote)).toBe('the key is not registered');
    published = [own.jwk];
    expect(await judge(own.der, remote)).toBeUndefined();
  });
});
