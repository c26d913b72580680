import { createHmac, randomInt } from 'node:crypto';
import type { TokenValues } from './ports.js';
import { RandomPool } from './random-pool.js';
import { subkey } from './subkey.js';

const alphanumerics = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const clientIdLength = 28;

/** Token values of 128 bits: random ones, and successors that can be derived again inside the grace window. */
export function createTokenValues(key: Buffer): TokenValues {
  const accessKey = subkey(key, 'successor-access-token');
  const refreshKey = subkey(key, 'successor-refresh-token');
  // The salt has a fixed length, so salt and token can't be shifted into one another.
  const derive = (derivationKey: Buffer, presented: string, salt: Buffer) =>
    createHmac('sha256', derivationKey).update(salt).update(presented, 'utf8').digest('hex').slice(0, 32);
  const reusableKey = subkey(key, 'reusable-token');
  const reusable = (kind: string, salt: Buffer) =>
    createHmac('sha256', reusableKey).update(`${kind}:`, 'utf8').update(salt).digest('hex').slice(0, 32);
  const pool = new RandomPool();
  return {
    random: () => pool.hex(16),
    salt: () => pool.bytes(16),
    successorOf(presented, salt) {
      if (salt.length !== 16) throw new Error('a salt is 16 bytes');
      return {
        accessToken: derive(accessKey, presented, salt),
        refreshToken: derive(refreshKey, presented, salt),
      };
    },
    reusableOf(salt) {
      if (salt.length !== 16) throw new Error('a salt is 16 bytes');
      return { accessToken: reusable('access', salt), refreshToken: reusable('refresh', salt) };
    },
  };
}

/**
 * The client secret that belongs to a row's random id: 40 alphanumerics, more than 200 bits. Only its hash is stored, yet
 * the owner can be shown it again. Alphanumeric because clients disagree on how Basic encodes the rest.
 */
export function deriveClientSecret(key: Buffer, secretId: string): string {
  const secretKey = subkey(key, 'client-secret');
  let secret = '';
  for (let block = 0; secret.length < 40; block++) {
    for (const byte of createHmac('sha256', secretKey).update(`${block}:${secretId}`, 'utf8').digest()) {
      // 248 = 4 × 62: higher bytes are skipped so that every character is equally likely.
      if (byte < 248 && secret.length < 40) secret += alphanumerics[byte % 62];
    }
  }
  return secret;
}

/** A consumer key: 28 random alphanumerics (WSO2's length). */
export function newClientId(): string {
  return Array.from({ length: clientIdLength }, () => alphanumerics[randomInt(alphanumerics.length)]).join('');
}
