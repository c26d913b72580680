import { newSigningPair, type SigningAlgorithm, type SigningPair, signCompact } from '../../src/oauth2/signing/jws.js';
import type { TokenSigner } from '../../src/oauth2/signing/token-signer.js';

type PublishedPair = SigningPair & { readonly publicJwk: Readonly<Record<string, string>> };

const pairs = new Map<SigningAlgorithm, Promise<PublishedPair>>();

/** One key pair per algorithm for all tests: making an RSA key takes longer than most of them. */
export function testSigningPair(alg: SigningAlgorithm): Promise<PublishedPair> {
  const known = pairs.get(alg) ?? newSigningPair(alg);
  pairs.set(alg, known);
  return known;
}

/** Signs with those; remembers until when each token has to be verifiable. */
export class TestSigner implements TokenSigner {
  readonly coveredUntil: number[] = [];

  constructor(private readonly algorithm: SigningAlgorithm = 'ES256') {}

  async sign({ typ, alg = this.algorithm, claims, expiresAt }: Parameters<TokenSigner['sign']>[0]): Promise<string> {
    this.coveredUntil.push(expiresAt);
    return signCompact(await testSigningPair(alg), typ, claims);
  }
}
