import { sha256 } from '../token-hash.js';

/** RFC 8628 §6.1: no vowels, so that no words come out, and no characters that look alike. 20^8 is more than 2^34. */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

/** `WDJB-MJHT` from random hex digits. */
export function newUserCode(randomHex: () => string): string {
  let code = '';
  while (code.length < length) {
    for (const byte of Buffer.from(randomHex(), 'hex')) {
      // 240 = 12 × 20: higher bytes are skipped so that every character is equally likely.
      if (byte < 240 && code.length < length) code += alphabet.charAt(byte % alphabet.length);
    }
  }
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** What somebody typed, however they grouped it, as it was handed out; undefined for what can't be a code. */
export function readUserCode(typed: string): string | undefined {
  if (typed.length > 32) return undefined;
  const code = typed.toUpperCase().replace(/[\s._-]/g, '');
  const isCode = code.length === length && [...code].every((character) => alphabet.includes(character));
  return isCode ? `${code.slice(0, 4)}-${code.slice(4)}` : undefined;
}

/** The look-up key of a code. */
export const userCodeHash = (userCode: string): Buffer => sha256(`user_code ${userCode}`);
