import { describe, expect, it } from 'vitest';
import { basic, clientId, clientSecret, form } from '../../test/support/oauth2.js';
import { type ClientAuthenticationDeps, createClientAuthentication } from './client-authentication.js';
import type { ClientAuthenticationMethod, ClientWithSecrets } from './model.js';
import { readParameters } from './parameters.js';
import { sha256 } from './token-hash.js';

const client: ClientWithSecrets = {
  clientId,
  name: 'client',
  tenantDomain: 'carbon.super',
  owner: 'owner@carbon.super',
  keyType: 'PRODUCTION',
  grantTypes: ['password'],
  confidential: true,
  active: true,
  allTenants: false,
  lifetimes: {},
  metadata: {},
  secretHashes: [sha256(clientSecret)],
};

/** Authenticates against these clients, and tells which ids were looked up. */
function authenticator(...clients: ClientWithSecrets[]) {
  const good = async () => undefined;
  return authenticatorWith({ verifyAssertion: good, verifyCertificate: good }, ...clients);
}

function authenticatorWith(
  verifiers: Pick<ClientAuthenticationDeps, 'verifyAssertion' | 'verifyCertificate'>,
  ...clients: ClientWithSecrets[]
) {
  const lookedUp: string[] = [];
  const findClient = async (id: string) => {
    lookedUp.push(id);
    return clients.find((one) => one.clientId === id);
  };
  const authenticate = createClientAuthentication({ clients: { findClient }, realm: 'Keygate', ...verifiers });
  return {
    lookedUp,
    authenticate: (authorization: string | undefined, members: Record<string, string> = {}) =>
      authenticate({ parameters: [], authorization, clientAddress: '' }, readParameters(form(members))),
  };
}

const invalidClient = expect.objectContaining({
  error: 'invalid_client',
  status: 401,
  description: 'Client credentials are invalid.',
  wwwAuthenticate: 'Basic realm="Keygate"',
});

describe('client authentication', () => {
  it.each([
    ['Basic', basic(), {}],
    ['Basic beside its own client_id in the body', basic(), { client_id: clientId }],
    ['client_id and client_secret in the body', undefined, { client_id: clientId, client_secret: clientSecret }],
  ])('accepts %s', async (_, authorization, members) => {
    expect(await authenticator(client).authenticate(authorization, members)).toMatchObject({ clientId });
  });

  it.each([
    ['nothing', undefined, {}],
    ['a wrong secret', basic(clientId, 'wrong'), {}],
    ['an empty secret', basic(clientId, ''), {}],
    ['an unknown client', basic('unknown', clientSecret), {}],
    ['an empty id', basic('', clientSecret), {}],
    ['a truncated header', basic().slice(0, -2), {}],
    ['a scheme that is not Basic', 'Bearer abc', {}],
    ['client_id without the secret', undefined, { client_id: clientId }],
    ['client_secret without the id', undefined, { client_secret: clientSecret }],
    ['a wrong secret in the body', undefined, { client_id: clientId, client_secret: 'wrong' }],
    ['the right body with a Bearer header', 'Bearer abc', { client_id: clientId }],
  ])('answers invalid_client for %s', async (_, authorization, members) => {
    await expect(authenticator(client).authenticate(authorization, members)).rejects.toThrow(invalidClient);
  });

  it.each([
    ['Basic and client_secret', basic(), { client_id: clientId, client_secret: clientSecret }],
    ['Basic and client_secret alone', basic(), { client_secret: clientSecret }],
    ['Bearer and client_secret', 'Bearer abc', { client_id: clientId, client_secret: clientSecret }],
    ['Basic and another client_id', basic(), { client_id: 'another' }],
    ['two Authorization headers', `${basic()}, ${basic()}`, {}],
    ['a client_id with a line break', undefined, { client_id: 'a\nb', client_secret: 'c' }],
  ])('answers invalid_request for %s', async (_, authorization, members) => {
    await expect(authenticator(client).authenticate(authorization, members)).rejects.toThrow(
      expect.objectContaining({ error: 'invalid_request', status: 400 }),
    );
  });

  it('answers the same for an unknown client and a wrong secret, after the same look-ups', async () => {
    const { authenticate, lookedUp } = authenticator(client);
    const wrong = await authenticate(basic(clientId, 'x')).catch((error: unknown) => error);
    const unknown = await authenticate(basic('y'.repeat(28), 'x')).catch((error: unknown) => error);
    expect(unknown).toEqual(wrong);
    expect(lookedUp).toEqual([clientId, 'y'.repeat(28)]);
  });

  it('looks an id up in each of its spellings, whether or not the first is a client', async () => {
    for (const known of ['a b', 'c d', 'c+d']) {
      const { authenticate, lookedUp } = authenticator({ ...client, clientId: known });
      await expect(authenticate(basic('c+d', 'wrong'))).rejects.toThrow(invalidClient);
      expect(lookedUp).toEqual(['c d', 'c+d']);
    }
  });

  it('refuses an inactive client even with the right secret', async () => {
    await expect(authenticator({ ...client, active: false }).authenticate(basic())).rejects.toThrow(invalidClient);
  });

  it('accepts each of several live secrets, and none of a client without any', async () => {
    const rotated = authenticator({ ...client, secretHashes: ['a', 'b', 'c', 'd', 'e'].map(sha256) });
    for (const secret of ['a', 'e']) {
      expect(await rotated.authenticate(basic(clientId, secret))).toMatchObject({ clientId });
    }
    await expect(authenticator({ ...client, secretHashes: [] }).authenticate(basic())).rejects.toThrow(invalidClient);
  });

  it.each(['a+b', 'a%20b', 'a:b%', 'p%3Aq', '~-_.', 'sécret'])(
    'accepts the secret %j raw and encoded',
    async (secret) => {
      const { authenticate } = authenticator({ ...client, secretHashes: [sha256(secret)] });
      const encoded = new URLSearchParams([['', secret]]).toString().slice(1);
      expect(await authenticate(basic(clientId, secret))).toMatchObject({ clientId });
      expect(await authenticate(basic(clientId, encoded))).toMatchObject({ clientId });
      const latin1 = `Basic ${Buffer.from(`${clientId}:${secret}`, 'latin1').toString('base64')}`;
      expect(await authenticate(latin1)).toMatchObject({ clientId });
    },
  );

  it('does not match the raw secret of one reading with the client of another', async () => {
    const two = authenticator(
      { ...client, clientId: 'a b', secretHashes: [sha256('x y')] },
      { ...client, clientId: 'a+b', secretHashes: [sha256('x+y')] },
    );
    expect(await two.authenticate(basic('a+b', 'x+y'))).toMatchObject({ clientId: 'a b' });
    await expect(two.authenticate(basic('a%20b', 'x+y%'))).rejects.toThrow(invalidClient);
  });

  it('never asks the store for text that cannot be a client id', async () => {
    const { authenticate, lookedUp } = authenticator(client);
    for (const id of ['a\0b', 'é', 'x'.repeat(256), '%00']) {
      await expect(authenticate(basic(id, 's'))).rejects.toThrow(invalidClient);
    }
    expect(lookedUp).toEqual(['%00']);
  });

  describe('public client', () => {
    const open = { ...client, confidential: false };

    it.each([
      ['client_id alone', undefined, { client_id: clientId }],
      ['Basic without a secret', basic(clientId, ''), {}],
      ['its bypassed secret', basic(), {}],
    ])('accepts %s', async (_, authorization, members) => {
      expect(await authenticator(open).authenticate(authorization, members)).toMatchObject({ clientId });
    });

    it('refuses a secret that is sent and wrong', async () => {
      await expect(authenticator(open).authenticate(basic(clientId, 'wrong'))).rejects.toThrow(invalidClient);
    });

    it('refuses an inactive one', async () => {
      const { authenticate } = authenticator({ ...open, active: false });
      await expect(authenticate(undefined, { client_id: clientId })).rejects.toThrow(invalidClient);
    });
  });
});

describe('a client that registered how it proves itself', () => {
  const registered = (tokenEndpointAuthMethod: ClientAuthenticationMethod, more: Partial<ClientWithSecrets> = {}) =>
    authenticator({ ...client, metadata: { tokenEndpointAuthMethod }, ...more });
  const inBody = { client_id: clientId, client_secret: clientSecret };
  const byAssertion = {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: `${part({ alg: 'ES256' })}.${part({ sub: clientId })}.AAAA`,
  };
  const publicClient = { confidential: false, secretHashes: [] };

  it.each([
    ['client_secret_basic', basic(), {}, {}],
    ['client_secret_post', undefined, inBody, {}],
    ['none', undefined, { client_id: clientId }, publicClient],
    ['private_key_jwt', undefined, byAssertion, {}],
    ['private_key_jwt', undefined, { ...byAssertion, client_id: clientId }, {}],
    ['tls_client_auth', undefined, { client_id: clientId }, {}],
    ['self_signed_tls_client_auth', undefined, { client_id: clientId }, {}],
  ] as const)('is let in by %s (%#)', async (method, authorization, members, more) => {
    expect(await registered(method, more).authenticate(authorization, members)).toMatchObject({ clientId });
  });

  it.each([
    ['client_secret_basic', undefined, inBody, {}],
    ['client_secret_basic', undefined, byAssertion, {}],
    ['client_secret_basic', undefined, { client_id: clientId }, publicClient],
    ['client_secret_post', basic(), {}, {}],
    ['none', basic(), {}, { confidential: false }],
    ['none', undefined, { client_id: clientId }, {}],
    ['private_key_jwt', basic(), {}, {}],
    ['private_key_jwt', undefined, inBody, {}],
    ['private_key_jwt', undefined, { client_id: clientId }, publicClient],
    ['tls_client_auth', basic(), {}, {}],
    ['tls_client_auth', undefined, inBody, {}],
    ['tls_client_auth', undefined, byAssertion, {}],
  ] as const)('is let in by nothing but %s (%#)', async (method, authorization, members, more) => {
    await expect(registered(method, more).authenticate(authorization, members)).rejects.toThrow(invalidClient);
  });

  it('is refused when the verifier says why, and when there is none', async () => {
    for (const method of ['private_key_jwt', 'tls_client_auth'] as const) {
      const members = method === 'private_key_jwt' ? byAssertion : { client_id: clientId };
      const one = { ...client, metadata: { tokenEndpointAuthMethod: method } };
      const verifiers = { verifyAssertion: async () => 'a reason', verifyCertificate: async () => 'a reason' };
      await expect(authenticatorWith(verifiers, one).authenticate(undefined, members)).rejects.toThrow(invalidClient);
      await expect(authenticatorWith({}, one).authenticate(undefined, members)).rejects.toThrow(invalidClient);
    }
  });

  it.each([
    ['an assertion and Basic', basic(), byAssertion],
    ['an assertion and a secret', undefined, { ...byAssertion, client_secret: clientSecret }],
    ['an assertion for another client than client_id', undefined, { ...byAssertion, client_id: 'another' }],
  ])('answers invalid_request for %s', async (_, authorization, members) => {
    await expect(registered('private_key_jwt').authenticate(authorization, members)).rejects.toThrow(
      expect.objectContaining({ error: 'invalid_request', status: 400 }),
    );
  });

  it.each([
    [
      'an assertion of an unknown client',
      { ...byAssertion, client_assertion: `${part({ alg: 'ES256' })}.${part({ sub: 'x' })}.AA` },
    ],
    [
      'an assertion of an id with NUL',
      { ...byAssertion, client_assertion: `${part({ alg: 'ES256' })}.${part({ sub: 'x\0' })}.AA` },
    ],
    ['another assertion type', { ...byAssertion, client_assertion_type: 'urn:x' }],
    ['an assertion without its type', { client_assertion: byAssertion.client_assertion }],
    ['an assertion that is no JWT', { ...byAssertion, client_assertion: 'x' }],
  ])('answers invalid_client for %s', async (_, members) => {
    await expect(registered('private_key_jwt').authenticate(undefined, members)).rejects.toThrow(invalidClient);
  });
});

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
