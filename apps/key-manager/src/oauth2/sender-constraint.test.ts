import { createHash } from 'node:crypto';
import { createNonces } from '@keygate/common/dpop';
import * as dpop from 'dpop';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStorage } from '../storage/memory/memory-storage.js';
import type { ClientRequest } from './client-request.js';
import { createDpopProofs, type DpopProofs } from './dpop-proof.js';
import type { Client, ClientMetadata } from './model.js';
import { isSameConfirmation, senderConstraint, tokenTypeOf } from './sender-constraint.js';

const url = 'https://keys.example.com/oauth2/token';
const clock = { now: Date.now };
const certificate = Buffer.from('the DER of a certificate');
const thumbprint = createHash('sha256').update(certificate).digest('base64url');
const request = (change: Partial<ClientRequest> = {}): ClientRequest => ({
  parameters: [],
  authorization: undefined,
  clientAddress: '',
  method: 'POST',
  url,
  ...change,
});
const client = (metadata: ClientMetadata = {}) => ({ metadata }) as Client;

describe('what tokens are bound to', () => {
  let keys: dpop.KeyPair;
  let jkt: string;
  let proofs: DpopProofs;
  const replays = () => createMemoryStorage({ clock }).replays;
  const window = { maxAgeSeconds: 60, clockSkewSeconds: 30 };
  beforeAll(async () => {
    keys = await dpop.generateKeyPair('ES256');
    jkt = await dpop.calculateThumbprint(keys.publicKey);
  });
  beforeEach(() => {
    proofs = createDpopProofs({ replays: replays(), clock, nonces: undefined, window });
  });
  const proof = (nonce?: string, htu = url) => dpop.generateProof(keys, htu, 'POST', nonce);

  it('is nothing unless the client asks for it', async () => {
    expect(await senderConstraint(request({ clientCertificate: certificate }), client(), proofs)).toBeUndefined();
    expect(tokenTypeOf(undefined)).toBe('Bearer');
  });

  it('is the certificate that was shown (RFC 8705 §3.1), and never silently nothing', async () => {
    const bound = client({ tlsClientCertificateBoundAccessTokens: true });
    const confirmation = await senderConstraint(request({ clientCertificate: certificate }), bound, proofs);
    expect(confirmation).toEqual({ method: 'x5t#S256', thumbprint });
    expect(tokenTypeOf(confirmation)).toBe('Bearer');
    const invalid = expect.objectContaining({ error: 'invalid_request' });
    await expect(senderConstraint(request(), bound, proofs)).rejects.toThrow(invalid);
    const both = request({ clientCertificate: certificate, dpop: await proof() });
    await expect(senderConstraint(both, bound, proofs)).rejects.toThrow(invalid);
  });

  it('is the key of the proof (RFC 9449 §5)', async () => {
    const confirmation = await senderConstraint(request({ dpop: await proof() }), client(), proofs);
    expect(confirmation).toEqual({ method: 'jkt', thumbprint: jkt });
    expect(tokenTypeOf(confirmation)).toBe('DPoP');
  });

  it('takes a proof once, wherever it is sent', async () => {
    const once = await proof();
    const answers = await Promise.allSettled(
      [1, 2, 3].map(() => senderConstraint(request({ dpop: once }), client(), proofs)),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('takes no proof for another address, nor where the edge does not know its own', async () => {
    const invalid = expect.objectContaining({ error: 'invalid_dpop_proof', status: 400 });
    for (const sent of [
      request({ dpop: await proof(undefined, 'https://evil.example/oauth2/token') }),
      request({ dpop: await proof(), url: 'https://keys.example.com/oauth2/revoke' }),
      request({ dpop: await proof(), method: 'GET' }),
      request({ dpop: await proof(), url: undefined }),
      request({ dpop: '' }),
    ]) {
      await expect(senderConstraint(sent, client(), proofs)).rejects.toThrow(invalid);
    }
    await expect(senderConstraint(request({ dpop: await proof() }), client(), undefined)).rejects.toThrow(invalid);
    await expect(senderConstraint(request(), client({ dpopBoundAccessTokens: true }), proofs)).rejects.toThrow(invalid);
  });

  it('uses no proof up that lacks the nonce, and says which to use (RFC 9449 §8)', async () => {
    const nonces = createNonces(Buffer.alloc(32), 300);
    const strict = createDpopProofs({ replays: replays(), clock, nonces, window });
    const nonce = nonces.current(clock.now());
    for (const wrong of [undefined, 'x'.repeat(32)]) {
      const refused = senderConstraint(request({ dpop: await proof(wrong) }), client(), strict);
      await expect(refused).rejects.toThrow(
        expect.objectContaining({ error: 'use_dpop_nonce', status: 400, dpopNonce: nonce }),
      );
    }
    expect(await strict.prove(request({ dpop: await proof(nonce) }))).toBe(jkt);
    expect(strict.nextNonce()).toBe(nonce);
  });

  it('is the same only for the same kind and thumbprint', () => {
    const one = { method: 'jkt', thumbprint: 'a' } as const;
    expect(isSameConfirmation(one, { ...one })).toBe(true);
    expect(isSameConfirmation(one, { ...one, method: 'x5t#S256' })).toBe(false);
    expect(isSameConfirmation(one, { ...one, thumbprint: 'b' })).toBe(false);
    expect(isSameConfirmation(one, undefined)).toBe(false);
  });
});
