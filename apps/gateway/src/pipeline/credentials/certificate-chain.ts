import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ClientCertificate } from '../../apis/compiled-security.js';
import type { ShownCertificate } from './shown-certificate.js';

interface ChainSources {
  /** Uploaded to the API; the chain has to end at one of them. */
  readonly anchors: ReadonlyMap<string, ClientCertificate>;
  /** Uploaded to any API: nobody needs to be believed for having sent one. */
  readonly intermediates: readonly ClientCertificate[];
  readonly now: number;
}

interface Judged {
  readonly sources: ChainSources;
  readonly anchor: ClientCertificate | undefined;
}

const judged = new WeakMap<Socket, Judged>();
/** After that long dates are looked at again. */
const trustMillis = 60_000;

/** The same for all requests of a connection, while what was uploaded stays the same: a chain costs signatures. */
export function findAnchorOnce(shown: ShownCertificate, sources: ChainSources): ClientCertificate | undefined {
  const { connection } = shown;
  if (connection === undefined) return findAnchor(shown, sources);
  const known = judged.get(connection);
  if (known !== undefined && isSame(known.sources, sources)) return known.anchor;
  const anchor = findAnchor(shown, sources);
  judged.set(connection, { sources, anchor });
  return anchor;
}

function isSame(known: ChainSources, { anchors, intermediates, now }: ChainSources): boolean {
  return known.anchors === anchors && known.intermediates === intermediates && now - known.now < trustMillis;
}

/** Longest way from a certificate to what vouches for it, and most signatures that one request may cost. */
const longestPath = 6;
const mostTries = 32;

/**
 * The uploaded certificate that vouches for the one shown, through whatever intermediate ones were sent along or uploaded.
 * Every step is checked: the names, the signature, that the issuer may issue, and that both are valid now.
 */
export function findAnchor(shown: ShownCertificate, sources: ChainSources): ClientCertificate | undefined {
  const { anchors, intermediates, now } = sources;
  const leaf = shown.certificate();
  if (!isInTime(leaf, now)) return undefined;
  const trusted = [...anchors.values()].filter(({ certificate }) => certificate.ca);
  const between = [...shown.others(), ...intermediates.map(({ certificate }) => certificate)];
  let tries = 0;

  const climb = (certificate: X509Certificate, passed: readonly X509Certificate[]): ClientCertificate | undefined => {
    const anchor = trusted.find((candidate) => vouches(candidate.certificate, certificate));
    if (anchor !== undefined || passed.length >= longestPath) return anchor;
    for (const candidate of between) {
      if (passed.includes(candidate) || !vouches(candidate, certificate)) continue;
      const found = climb(candidate, [...passed, candidate]);
      if (found !== undefined) return found;
    }
    return undefined;
  };

  const vouches = (issuer: X509Certificate, subject: X509Certificate): boolean => {
    // `checkIssued` compares names, key identifiers and the right to sign; the signature is another matter.
    if (!issuer.ca || !subject.checkIssued(issuer) || !isInTime(issuer, now)) return false;
    return ++tries <= mostTries && subject.verify(issuer.publicKey);
  };

  return climb(leaf, []);
}

function isInTime({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return now >= Date.parse(validFrom) && now < Date.parse(validTo);
}
