import { randomInt, randomUUID } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A consumer key: 28 letters and digits as WSO2's, about 166 random bits. */
export function newClientId(): string {
  return Array.from({ length: 28 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** Names a client secret; the secret is derived from it and the server key. */
export function newSecretId(): string {
  return randomUUID();
}
