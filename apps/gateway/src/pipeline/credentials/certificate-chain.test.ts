import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ClientCertificate } from '../../apis/compiled-security.js';
import { thumbprintOf } from '../../apis/thumbprint.js';
import { findAnchor, findAnchorOnce } from './certificate-chain.js';
import { type Issued, issue } from './test/certificates.js';

const root = await issue({ name: 'root', isAuthority: true });
const between = await issue({ name: 'between', issuer: root, isAuthority: true });
const leaf = await issue({ name: 'leaf', issuer: between });
const impostor = await issue({ name: 'between', isAuthority: true });
const forged = await issue({ name: 'leaf', issuer: impostor });
const noAuthority = await issue({ name: 'no authority', issuer: root });
const byNobody = await issue({ name: 'leaf', issuer: noAuthority });
const past = new Date(Date.now() - 1_000);
const expiredBetween = await issue({ name: 'old', issuer: root, isAuthority: true, to: past });
const underExpired = await issue({ name: 'leaf', issuer: expiredBetween });
const expiredLeaf = await issue({ name: 'leaf', issuer: between, to: past });
const direct = await issue({ name: 'leaf', issuer: root });

function upload({ der, name }: Issued): ClientCertificate {
  const certificate = new X509Certificate(der);
  const thumbprint = thumbprintOf(der);
  return {
    alias: name,
    throttlingTier: '',
    keyTypes: [],
    thumbprint,
    certificate,
    validFrom: 0,
    validTo: Number.MAX_VALUE,
  };
}

function anchorOf(shown: Issued, sent: Issued[], uploadedAnywhere: Issued[], uploaded: Issued[] = [root]) {
  return findAnchor(
    {
      thumbprint: thumbprintOf(shown.der),
      certificate: () => new X509Certificate(shown.der),
      others: () => sent.map(({ der }) => new X509Certificate(der)),
    },
    {
      anchors: new Map(uploaded.map((each) => [thumbprintOf(each.der), upload(each)])),
      intermediates: uploadedAnywhere.map(upload),
      now: Date.now(),
    },
  )?.alias;
}

describe('a chain of certificates', () => {
  it('is judged once for a connection, and again when uploads change', () => {
    let reads = 0;
    const shown = {
      thumbprint: thumbprintOf(direct.der),
      connection: {} as Socket,
      certificate: () => {
        reads += 1;
        return new X509Certificate(direct.der);
      },
      others: () => [],
    };
    const anchors = new Map([[thumbprintOf(root.der), upload(root)]]);
    const intermediates: ClientCertificate[] = [];
    const now = Date.now();
    const judge = (given: object = {}) => findAnchorOnce(shown, { anchors, intermediates, now, ...given })?.alias;
    expect([judge(), judge(), reads]).toEqual(['root', 'root', 1]);
    expect([judge({ anchors: new Map() }), judge(), judge({ now: now + 60_000 }), reads]).toEqual([
      ...[undefined, 'root', 'root', 4],
    ]);
  });

  it.each([
    ['one step', direct, [], []],
    ['an intermediate one that the client sent', leaf, [between], []],
    ['an intermediate one that was uploaded to some API', leaf, [], [between]],
    ['the whole chain, root included', leaf, [between, root], []],
    ['the right one of two with the same name', leaf, [impostor, between], []],
  ])('leads to the uploaded root: %s', (_, shown, sent, uploadedAnywhere) => {
    expect(anchorOf(shown, sent, uploadedAnywhere)).toBe('root');
  });

  it.each([
    ['the intermediate one is missing', leaf, [], []],
    ['an intermediate one with the right name and another key', forged, [impostor], []],
    ['its issuer is no authority', byNobody, [noAuthority], []],
    ['its issuer has expired', underExpired, [expiredBetween], []],
    ['it has expired itself', expiredLeaf, [between], []],
    ['a root that was only sent along', forged, [impostor, root], []],
  ])('leads nowhere: %s', (_, shown, sent, uploadedAnywhere) => {
    expect(anchorOf(shown, sent, uploadedAnywhere)).toBeUndefined();
  });

  it('ends at what was uploaded to this API, not to another one', () => {
    expect(anchorOf(leaf, [between], [root], [])).toBeUndefined();
  });

  it('ends after so many steps', async () => {
    const long: Issued[] = [root];
    for (let i = 0; i < 9; i++) {
      long.push(await issue({ name: `step ${i}`, issuer: long.at(-1) as Issued, isAuthority: true }));
    }
    const end = await issue({ name: 'end', issuer: long.at(-1) as Issued });
    expect(anchorOf(end, long.slice(1), [])).toBeUndefined();
  });
});
