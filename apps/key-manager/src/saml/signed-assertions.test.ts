import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  idpEntity,
  type SigningIdentity,
  samlAssertion,
  signingIdentity,
  signXml,
} from '../../test/support/identity-provider.js';
import { signedAssertions } from './signed-assertions.js';

const now = 1_700_000_000_000;

describe('signed SAML assertions', () => {
  let idp: SigningIdentity;
  let stranger: SigningIdentity;
  let signed: string;
  let signature: string;
  beforeAll(async () => {
    [idp, stranger] = await Promise.all([signingIdentity(), signingIdentity()]);
    signed = signXml(idp, samlAssertion(now, { id: '_good' }));
    signature = /<ds:Signature .*<\/ds:Signature>/s.exec(signed)?.[0] ?? '';
  });
  const verify = (xml: string, by = idp, at = now) => signedAssertions.verify(xml, by.certificate, at);
  const evil = (id: string) => samlAssertion(now, { id, nameId: 'admin' });

  it('reads what an assertion says', () => {
    const attribute = (name: string, ...values: string[]) =>
      `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('')}</saml:Attribute>`;
    const statements = `<saml:AttributeStatement>${attribute('groups', 'a', 'b &amp; c')}${attribute('__proto__', 'x')}</saml:AttributeStatement>`;
    const xml = signXml(idp, samlAssertion(now, { id: '_all', statements }));
    expect(signedAssertions.issuerOf(xml)).toBe(idpEntity);
    const assertion = verify(xml);
    expect(assertion).toMatchObject({
      id: '_all',
      issuer: idpEntity,
      nameId: 'bob',
      audiences: [['keygate-at-idp']],
      hasOtherConditions: false,
      isForOneUse: false,
    });
    expect(assertion?.attributes.groups).toEqual(['a', 'b & c']);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('takes whitespace, a declaration and Windows line ends around it', () => {
    expect(verify(`\n<?xml version="1.0" encoding="UTF-8"?>\n${signed}\n`)?.nameId).toBe('bob');
    expect(
      verify(signXml(idp, samlAssertion(now).replace('<saml:Subject>', '\n<saml:Subject>')).replace(/\n/g, '\r\n'))
        ?.nameId,
    ).toBe('bob');
  });

  it('verifies with any of several certificates, and with none that is out of date', async () => {
    expect(signedAssertions.verify(signed, stranger.certificate + idp.certificate, now)?.nameId).toBe('bob');
    expect(verify(signed, stranger)).toBeUndefined();
    const old = await signingIdentity({ to: now - 1 });
    expect(verify(signXml(old, samlAssertion(now)), old)).toBeUndefined();
  });

  it.each(['NameID>bob', 'Audience>keygate-at-idp', 'Recipient="https', 'NotOnOrAfter="2', 'ID="_good'])(
    'refuses a changed %s',
    (part) => {
      expect(signed).toContain(part);
      expect(verify(signed.replace(part, `${part}x`))).toBeUndefined();
    },
  );

  it('refuses an assertion without a signature', () => {
    expect(verify(samlAssertion(now))).toBeUndefined();
    expect(verify(signed.replace(signature, ''))).toBeUndefined();
  });

  // Signature wrapping: the signed assertion is still there, and another one is what gets read.
  const inside = (outer: string, inner: string, at: string) => outer.replace(at, inner + at);
  const bare = () => signed.replace(signature, '');
  const wrappings: readonly [string, () => string][] = [
    ['XSW1/2: the signed one beside a forged one, under another root', () => `<r>${evil('_evil')}${signed}</r>`],
    ['XSW1/2: the forged one second', () => `<r>${signed}${evil('_evil')}</r>`],
    [
      'XSW3: the signed one as first child of a forged one',
      () => evil('_evil').replace('<saml:Issuer>', `${signed}<saml:Issuer>`),
    ],
    ['XSW4: the signed one as last child of a forged one', () => inside(evil('_evil'), signed, '</saml:Assertion>')],
    [
      'XSW5: a forged one with the signature, the signed one behind it',
      () => inside(evil('_evil'), signature, '</saml:Assertion>') + bare(),
    ],
    [
      'XSW5: the same, with the signed one inside',
      () => inside(evil('_evil'), signature + bare(), '</saml:Assertion>'),
    ],
    [
      'XSW6: the signed one inside the signature of a forged one',
      () =>
        inside(evil('_evil'), signature.replace('</ds:Signature>', `${bare()}</ds:Signature>`), '</saml:Assertion>'),
    ],
    [
      'XSW7: the forged one in an extension',
      () => inside(signed, `<saml:Advice>${evil('_evil')}</saml:Advice>`, '</saml:Assertion>'),
    ],
    [
      'XSW8: the signed one in an Object of the signature',
      () =>
        inside(
          evil('_evil'),
          signature.replace('</ds:Signature>', `<ds:Object>${bare()}</ds:Object></ds:Signature>`),
          '</saml:Assertion>',
        ),
    ],
    ['the same id twice', () => inside(evil('_good'), signed, '</saml:Assertion>')],
    ['the id of the signed one, taken over', () => inside(evil('_good'), signature, '</saml:Assertion>')],
    [
      'an Id of another spelling',
      () =>
        inside(evil('_evil').replace('<saml:Subject>', '<saml:Subject Id="_good">'), signature, '</saml:Assertion>'),
    ],
    ['two signatures', () => signed.replace(signature, signature + signature)],
    ['an empty reference', () => signed.replace('URI="#_good"', 'URI=""')],
    ['a reference by XPointer', () => signed.replace('URI="#_good"', `URI="#xpointer(id('_good'))"`)],
    [
      'a signature further down',
      () =>
        signed
          .replace(signature, '')
          .replace('</saml:Subject>', `</saml:Subject><saml:Advice>${signature}</saml:Advice>`),
    ],
    ['two SignedInfo', () => signed.replace('<ds:SignedInfo>', '<ds:SignedInfo/><ds:SignedInfo>')],
    [
      'a Response around it',
      () => `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">${signed}</samlp:Response>`,
    ],
  ];
  it.each(wrappings)('refuses %s', (_what, wrapped) => {
    const xml = wrapped();
    expect(verify(xml)).toBeUndefined();
  });

  it('never reads the forged part of what it accepts', () => {
    // Whatever is accepted after any single insertion of a forged assertion is the signed one.
    for (const at of signed.matchAll(/</g)) {
      const xml = signed.slice(0, at.index) + evil('_evil') + signed.slice(at.index);
      expect(verify(xml)?.nameId ?? 'bob').toBe('bob');
    }
  });

  it.each<[string, (xml: string) => string]>([
    ['a document type', (xml) => `<!DOCTYPE x [<!ENTITY e "admin">]>${xml}`],
    [
      'an external entity',
      (xml) => `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${xml.replace('>bob<', '>&e;<')}`,
    ],
    ['an unknown entity', (xml) => xml.replace('>bob<', '>&e;<')],
    ['a comment in a name', (xml) => xml.replace('>bob<', '>b<!-- -->ob<')],
    ['CDATA', (xml) => xml.replace('>bob<', '><![CDATA[bob]]><')],
    ['a processing instruction', (xml) => xml.replace('>bob<', '>b<?x?>ob<')],
    ['text that is not well-formed', (xml) => xml.replace('</saml:Subject>', '')],
    ['two documents', (xml) => xml + xml],
    ['no XML', () => 'assertion'],
    ['nothing', () => ''],
    ['more than 64 KiB', (xml) => xml + ' '.repeat(70_000)],
    ['thousands of elements', (xml) => xml.replace('</saml:Assertion>', `${'<a/>'.repeat(2_000)}</saml:Assertion>`)],
    ['another version', (xml) => xml.replace('Version="2.0"', 'Version="1.1"')],
    [
      'another namespace',
      (xml) => xml.replace('urn:oasis:names:tc:SAML:2.0:assertion', 'urn:oasis:names:tc:SAML:1.0:assertion'),
    ],
  ])('takes no %s', (_what, change) => {
    expect(signedAssertions.issuerOf(change(signed))).toBeUndefined();
    expect(verify(change(signed))).toBeUndefined();
  });

  it('believes neither SHA-1 nor a key that the signature brings along', () => {
    const sha1 = { signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' };
    expect(verify(signXml(idp, samlAssertion(now), sha1))).toBeUndefined();
    const digest = { digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1' };
    expect(verify(signXml(idp, samlAssertion(now), digest))).toBeUndefined();
    const own = stranger.certificate.replace(/-----[^-]+-----|\s/g, '');
    const keyInfo = `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${own}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
    const forged = signXml(stranger, samlAssertion(now)).replace('</ds:Signature>', `${keyInfo}</ds:Signature>`);
    expect(verify(forged)).toBeUndefined();
  });

  it('takes no HMAC with the certificate as its secret', () => {
    const method = 'http://www.w3.org/2000/09/xmldsig#hmac-sha1';
    const info = /<ds:SignedInfo>.*<\/ds:SignedInfo>/s.exec(signed)?.[0] ?? '';
    const changed = info.replace('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', method);
    const value = createHmac('sha1', idp.certificate).update(changed).digest('base64');
    const xml = signed.replace(info, changed).replace(/<ds:SignatureValue>[^<]*/, `<ds:SignatureValue>${value}`);
    expect(verify(xml)).toBeUndefined();
  });
});
