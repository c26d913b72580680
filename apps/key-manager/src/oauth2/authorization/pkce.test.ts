import { describe, expect, it } from 'vitest';
import { isChallenge, isVerified } from './pkce.js';

// RFC 7636 appendix B.
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const challenge = { method: 'S256', challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' } as const;
const plain = { method: 'plain', challenge: verifier } as const;

describe('PKCE', () => {
  it('verifies the example of RFC 7636', () => {
    expect(isChallenge(challenge)).toBe(true);
    expect(isVerified(challenge, verifier)).toBe(true);
    expect(isVerified(plain, verifier)).toBe(true);
  });

  it.each([
    ['another verifier', challenge, `${verifier.slice(0, -1)}l`],
    ['the challenge itself', challenge, challenge.challenge],
    ['no verifier', challenge, undefined],
    ['an empty verifier', challenge, ''],
    ['a verifier that is too long', plain, `${verifier}${'a'.repeat(100)}`],
    ['a verifier without a challenge', undefined, verifier],
  ] as const)('refuses %s', (_what, of, presented) => {
    expect(isVerified(of, presented)).toBe(false);
  });

  it('needs nothing where nothing was promised', () => {
    expect(isVerified(undefined, undefined)).toBe(true);
  });

  it.each([
    ['S256', 'short'],
    ['S256', `${challenge.challenge}=`],
    ['S256', challenge.challenge.replace('-', '+')],
    ['S256', `${challenge.challenge.slice(0, -1)}N`],
    ['plain', 'a'.repeat(42)],
    ['plain', 'a'.repeat(129)],
    ['plain', `${'a'.repeat(43)}!`],
  ] as const)('refuses %s challenges like %s', (method, text) => {
    expect(isChallenge({ method, challenge: text })).toBe(false);
  });
});
