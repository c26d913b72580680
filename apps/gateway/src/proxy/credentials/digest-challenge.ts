/** What a backend asks for with `WWW-Authenticate: Digest` (RFC 7616 section 3.3). */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: 'MD5' | 'SHA-256';
  readonly isSession: boolean;
  /** False for a backend of RFC 2069, which knows no counter. */
  readonly hasQop: boolean;
  readonly isStale: boolean;
  readonly hashesUserName: boolean;
}

/** The strongest of the challenges that can be answered; undefined when there is none. */
export function digestChallenge(headers: readonly string[]): DigestChallenge | undefined {
  let found: DigestChallenge | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() !== 'www-authenticate') continue;
    for (const parameters of digestsIn(headers[i + 1] as string)) {
      const challenge = answerable(parameters);
      if (challenge !== undefined && (found === undefined || strength(challenge) > strength(found))) found = challenge;
    }
  }
  return found;
}

const strength = ({ algorithm, hasQop }: DigestChallenge) => (algorithm === 'SHA-256' ? 2 : 0) + (hasQop ? 1 : 0);

type Parameters = ReadonlyMap<string, string>;

const token = "[\\w!#$%&'*+.^`|~-]+";
/** Either the name of a scheme, which no `=` follows, or one parameter. */
const part = new RegExp(
  `\\s*(?:,\\s*)*(?:(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))|(${token})(?=\\s|,|$))`,
  'y',
);

/** A line may hold several challenges, of this and of other schemes. */
function digestsIn(line: string): Parameters[] {
  const digests: Map<string, string>[] = [];
  let current: Map<string, string> | undefined;
  part.lastIndex = 0;
  for (let match = part.exec(line); match !== null; match = part.exec(line)) {
    const [, name, quoted, plain, scheme] = match;
    if (scheme !== undefined) {
      current = scheme.toLowerCase() === 'digest' ? new Map() : undefined;
      if (current !== undefined) digests.push(current);
    } else if (name !== undefined) {
      current?.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '');
    }
    if (part.lastIndex >= line.length) break;
  }
  return digests;
}

function answerable(parameters: Parameters): DigestChallenge | undefined {
  const nonce = parameters.get('nonce');
  const [, algorithm, session] = /^(MD5|SHA-256)(-sess)?$/i.exec(parameters.get('algorithm') ?? 'MD5') ?? [];
  const qop = parameters
    .get('qop')
    ?.split(',')
    .map((one) => one.trim().toLowerCase());
  if (nonce === undefined || algorithm === undefined || (qop !== undefined && !qop.includes('auth'))) return undefined;
  return {
    realm: parameters.get('realm') ?? '',
    nonce,
    opaque: parameters.get('opaque'),
    algorithm: algorithm.toUpperCase() as DigestChallenge['algorithm'],
    isSession: session !== undefined,
    hasQop: qop !== undefined,
    isStale: parameters.get('stale')?.toLowerCase() === 'true',
    hashesUserName: parameters.get('userhash')?.toLowerCase() === 'true',
  };
}
