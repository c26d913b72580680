import { X509Certificate } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { type KeySets, parseKeySet } from '@keygate/common/jose';
import { type CertificateNames, readCertificateNames } from './certificates/certificate-names.js';
import { isSameName } from './certificates/distinguished-name.js';
import type { Client, ClientMetadata } from './model.js';
import type { Clock } from './ports.js';

export interface ClientCertificateDeps {
  /** Whoever one of them issued a certificate to may be a client by it; PEM. An intermediate CA has to be among them. */
  readonly authorities: readonly string[];
  readonly keySets: KeySets;
  readonly clock: Clock;
}

/** Why the certificate of the connection does not prove the client, for the log; undefined when it does. */
export type ClientCertificateVerifier = (
  certificate: Buffer | undefined,
  client: Client,
) => Promise<string | undefined>;

const clientAuthUsage = '1.3.6.1.5.5.7.3.2';
const maxCertificateBytes = 16_384;

/** RFC 8705 §2. TLS has proved that the other end holds the private key; whose certificate it is, is decided here. */
export function createClientCertificateVerifier(deps: ClientCertificateDeps): ClientCertificateVerifier {
  const authorities = deps.authorities.map((pem) => new X509Certificate(pem));

  return async (der, client) => {
    const certificate = der && readCertificate(der);
    if (!der || !certificate) return 'no certificate was shown';
    if (!isInForce(certificate, deps.clock.now())) return 'the certificate is not in force';
    const { metadata } = client;
    if (metadata.tokenEndpointAuthMethod === 'self_signed_tls_client_auth') {
      return (await isRegisteredKey(certificate, metadata, deps.keySets)) ? undefined : 'the key is not registered';
    }
    const isTrusted = authorities.some((authority) => isIssuedBy(certificate, authority, deps.clock.now()));
    if (!isTrusted) return 'no trusted authority issued the certificate';
    return isNamed(der, metadata) ? undefined : 'the certificate names somebody else';
  };
}

function readCertificate(der: Buffer): X509Certificate | undefined {
  try {
    return der.length <= maxCertificateBytes ? new X509Certificate(der) : undefined;
  } catch {
    return undefined;
  }
}

function isInForce({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now <= Date.parse(validTo);
}

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate, now: number): boolean {
  if (!authority.ca || !isInForce(authority, now)) return false;
  const usages = certificate.keyUsage as readonly string[] | undefined;
  // A web server's certificate is no client's (RFC 5280 §4.2.1.12).
  if (usages && !usages.includes(clientAuthUsage)) return false;
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/** RFC 8705 §2.2.2: the key is in the set that the client registered. */
async function isRegisteredKey(
  { publicKey }: X509Certificate,
  { jwks, jwksUri }: ClientMetadata,
  keySets: KeySets,
): Promise<boolean> {
  const isIn = (set: Awaited<ReturnType<KeySets['newerThan']>>) =>
    set?.keys.some(({ key }) => key.equals(publicKey)) ?? false;
  if (jwks) return isIn(parseKeySet(jwks));
  if (jwksUri === undefined) return false;
  const known = await keySets.keySetAt(jwksUri);
  return isIn(known) || isIn(await keySets.newerThan(known, jwksUri));
}

/** RFC 8705 §2.1.2: by the one name that was registered. */
function isNamed(der: Buffer, metadata: ClientMetadata): boolean {
  const names = namesOf(der);
  if (!names) return false;
  const {
    tlsClientAuthSubjectDn,
    tlsClientAuthSanDns,
    tlsClientAuthSanUri,
    tlsClientAuthSanIp,
    tlsClientAuthSanEmail,
  } = metadata;
  if (tlsClientAuthSubjectDn !== undefined) return isSameName(tlsClientAuthSubjectDn, names.subject);
  if (tlsClientAuthSanDns !== undefined) {
    return names.dns.some((name) => name.toLowerCase() === tlsClientAuthSanDns.toLowerCase());
  }
  if (tlsClientAuthSanUri !== undefined) return names.uris.includes(tlsClientAuthSanUri);
  if (tlsClientAuthSanIp !== undefined) {
    const wanted = addressBytes(tlsClientAuthSanIp);
    return wanted !== undefined && names.addresses.some((address) => address.equals(wanted));
  }
  return tlsClientAuthSanEmail !== undefined && names.emails.some((name) => isSameMailbox(name, tlsClientAuthSanEmail));
}

function namesOf(der: Buffer): CertificateNames | undefined {
  try {
    return readCertificateNames(der);
  } catch {
    return undefined;
  }
}

/** RFC 5280 §7.5: the part before the @ as it is, the host in either case. */
function isSameMailbox(one: string, other: string): boolean {
  const [oneAt, otherAt] = [one.lastIndexOf('@'), other.lastIndexOf('@')];
  return (
    oneAt > 0 &&
    one.slice(0, oneAt) === other.slice(0, otherAt) &&
    one.slice(oneAt).toLowerCase() === other.slice(otherAt).toLowerCase()
  );
}

/** An IP address as certificates have it, so that every spelling of one is the same. */
export function addressBytes(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (!isIPv6(text) || text.includes('%')) return undefined;
  // The URL parser writes every IPv6 address the same way, without dots.
  const written = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [head = '', tail] = written.split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const [left, right] = [groups(head), groups(tail)];
  const all = [...left, ...Array(tail === undefined ? 0 : 8 - left.length - right.length).fill('0'), ...right];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
