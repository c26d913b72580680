import { hash } from 'node:crypto';
import type { DigestChallenge } from './digest-challenge.js';

export interface DigestInput {
  readonly username: string;
  readonly password: string;
  readonly method: string;
  readonly path: string;
  /** How often the nonce has been used, this time included. */
  readonly count: number;
  readonly clientNonce: string;
}

/** Value of Authorization that answers a challenge (RFC 7616 section 3.4). */
export function digestResponse(challenge: DigestChallenge, input: DigestInput): string {
  const { realm, nonce, opaque, algorithm, isSession, hasQop, hashesUserName } = challenge;
  const { username, password, method, path, clientNonce } = input;
  const digest = (...parts: string[]) => hash(algorithm === 'MD5' ? 'md5' : 'sha256', parts.join(':'), 'hex');
  const count = input.count.toString(16).padStart(8, '0');
  const secret = digest(username, realm, password);
  const first = isSession ? digest(secret, nonce, clientNonce) : secret;
  const second = digest(method, path);
  const response = hasQop ? digest(first, nonce, count, clientNonce, 'auth', second) : digest(first, nonce, second);
  const shown = hashesUserName ? digest(username, realm) : username;
  const parts = [
    ...(isAscii(shown) ? [`username=${quoted(shown)}`] : [`username*=UTF-8''${encodeURIComponent(shown)}`]),
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(path)}`,
    `algorithm=${algorithm}${isSession ? '-sess' : ''}`,
    ...(hasQop ? ['qop=auth', `nc=${count}`] : []),
    ...(hasQop || isSession ? [`cnonce=${quoted(clientNonce)}`] : []),
    `response="${response}"`,
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(hashesUserName ? ['userhash=true'] : []),
  ];
  return `Digest ${parts.join(', ')}`;
}

const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);
