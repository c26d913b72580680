import { type DerValue, MalformedDer, readDer, readDerValues, readOid } from './der.js';

/** One attribute of a name; `value` is undefined when it is no text. */
export interface NameAttribute {
  /** Dotted decimal. */
  readonly type: string;
  readonly value: string | undefined;
}

/** Each element is one relative name, most of them of one attribute; in the order of the certificate. */
export type CertificateName = readonly (readonly NameAttribute[])[];

/** Whom a certificate names (RFC 5280 §4.1.2.6, §4.2.1.6). */
export interface CertificateNames {
  readonly subject: CertificateName;
  readonly dns: readonly string[];
  readonly uris: readonly string[];
  readonly emails: readonly string[];
  /** 4 or 16 bytes each. */
  readonly addresses: readonly Buffer[];
}

const subjectAltName = '2.5.29.17';
const tags = { sequence: 0x30, set: 0x31, oid: 0x06, octets: 0x04, version: 0xa0, extensions: 0xa3 };

/**
 * Read from the DER: the texts that Node makes of names are for people, and a crafted name can make them say what the
 * certificate does not (CVE-2021-44532). Throws `MalformedDer`.
 */
export function readCertificateNames(certificate: Buffer): CertificateNames {
  const [signed] = readDerValues(expect(readDer(certificate), tags.sequence));
  const members = readDerValues(expect(signed, tags.sequence));
  if (members[0]?.tag === tags.version) members.shift();
  // serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo, then optional ones
  const names = alternativeNames(members.find(({ tag }) => tag === tags.extensions));
  const texts = (tag: number) =>
    names.filter((name) => name.tag === tag).map(({ content }) => content.toString('latin1'));
  return {
    subject: readName(expect(members[4], tags.sequence)),
    emails: texts(0x81),
    dns: texts(0x82),
    uris: texts(0x86),
    addresses: names.filter(({ tag }) => tag === 0x87).map(({ content }) => content),
  };
}

function readName(content: Buffer): CertificateName {
  return readDerValues(content).map((relative) => readDerValues(expect(relative, tags.set)).map(readAttribute));
}

function readAttribute(attribute: DerValue): NameAttribute {
  const [type, value] = readDerValues(expect(attribute, tags.sequence));
  if (!value) throw new MalformedDer('an attribute without value');
  return { type: readOid(expect(type, tags.oid)), value: textOf(value) };
}

/** The string types that certificates use; what is none of them matches no text. */
function textOf({ tag, content }: DerValue): string | undefined {
  switch (tag) {
    case 0x0c:
      return content.toString('utf8');
    case 0x12:
    case 0x13:
    case 0x16:
      return content.toString('latin1');
    case 0x1e:
      return content.length % 2 === 0 ? Buffer.from(content).swap16().toString('utf16le') : undefined;
    default:
      return undefined;
  }
}

function alternativeNames(extensions: DerValue | undefined): DerValue[] {
  if (!extensions) return [];
  for (const extension of readDerValues(expect(readDer(extensions.content), tags.sequence))) {
    const parts = readDerValues(expect(extension, tags.sequence));
    if (readOid(expect(parts[0], tags.oid)) !== subjectAltName) continue;
    return readDerValues(expect(readDer(expect(parts.at(-1), tags.octets)), tags.sequence));
  }
  return [];
}

function expect(value: DerValue | undefined, tag: number): Buffer {
  if (value?.tag !== tag) throw new MalformedDer('another value was expected');
  return value.content;
}
