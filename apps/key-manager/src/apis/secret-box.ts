import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { subkey } from '../oauth2/subkey.js';

/** A sealed value was not sealed with this server key, or was changed since. The message is for operators. */
export class UnreadableSecret extends Error {
  override readonly name = 'UnreadableSecret';
}

/** Secrets that have to be used again, as they lie in the database: AES-256-GCM under a key of their own. */
export interface SecretBox {
  /** `owner` is the id of what the secret belongs to: the sealed value opens for that one only. */
  seal(secret: string, owner: string): string;
  /** Throws `UnreadableSecret`. */
  open(sealed: string, owner: string): string;
}

const mark = 'keygate-sealed:v1:';
const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
const layout = /^[\w-]{8}:[\w-]+$/;

/** Only for values that come from the database: anyone can send text that begins like this. */
export function isSealed(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(mark);
}

/** Boxes of different purposes open nothing of each other. */
export function createSecretBox(serverKey: Buffer, purpose = 'endpoint-secret'): SecretBox {
  const key = subkey(serverKey, purpose, 32);
  // Names the key without telling it, so that another server key is told apart from a changed value.
  const keyId = subkey(serverKey, `${purpose}-key-id`, 6).toString('base64url');
  return {
    seal(secret, owner) {
      const iv = randomBytes(ivBytes);
      const sealing = createCipheriv(cipher, key, iv, { authTagLength: tagBytes }).setAAD(Buffer.from(owner, 'utf8'));
      const text = Buffer.concat([sealing.update(secret, 'utf8'), sealing.final()]);
      return `${mark}${keyId}:${Buffer.concat([iv, text, sealing.getAuthTag()]).toString('base64url')}`;
    },
    open(sealed, owner) {
      const rest = sealed.slice(mark.length);
      if (!isSealed(sealed) || !layout.test(rest)) throw new UnreadableSecret('is not a sealed secret');
      if (rest.slice(0, keyId.length) !== keyId) throw new UnreadableSecret('was sealed with another server key');
      const bytes = Buffer.from(rest.slice(keyId.length + 1), 'base64url');
      if (bytes.length < ivBytes + tagBytes) throw new UnreadableSecret('is cut short');
      const opening = createDecipheriv(cipher, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(owner, 'utf8'))
        .setAuthTag(bytes.subarray(-tagBytes));
      try {
        const text = opening.update(bytes.subarray(ivBytes, -tagBytes));
        return Buffer.concat([text, opening.final()]).toString('utf8');
      } catch (cause) {
        throw new UnreadableSecret('was changed in the database, or belongs to something else', { cause });
      }
    },
  };
}
