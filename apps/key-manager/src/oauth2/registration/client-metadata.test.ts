import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readClientMetadata } from './client-metadata.js';
import { RegistrationRefusal } from './registration-refusal.js';

const limits = { grantTypes: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials', 'password'] };
const read = (body: unknown) => readClientMetadata(body, limits);
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicJwk = pair.publicKey.export({ format: 'jwk' });
const privateJwk = pair.privateKey.export({ format: 'jwk' });
const redirect_uris = ['https://app.example.com/callback'];

function refusalOf(body: unknown): string {
  try {
    read(body);
  } catch (error) {
    if (error instanceof RegistrationRefusal) return error.error;
    throw error;
  }
  return 'none';
}

describe('client metadata (RFC 7591 §2)', () => {
  it('has the defaults of the RFC', () => {
    expect(read({ redirect_uris })).toMatchObject({
      grantTypes: ['authorization_code'],
      metadata: {
        redirectUris: redirect_uris,
        responseTypes: ['code'],
        tokenEndpointAuthMethod: 'client_secret_basic',
      },
    });
  });

  it('reads null as left out and ignores what it does not know', () => {
    const sent = {
      redirect_uris,
      client_name: null,
      jwks: null,
      subject_type: 'pairwise',
      software_statement: 'x.y.z',
    };
    expect(read(sent)).toMatchObject({ name: undefined, metadata: { jwks: undefined } });
  });

  it.each([
    'https://app.example.com/cb?a=b',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:8400/cb',
    'http://[::1]:1/cb',
    'http://localhost:3000/cb',
  ])('takes %s', (uri) => {
    expect(refusalOf({ redirect_uris: [uri] })).toBe('none');
  });

  it('takes a scheme of its own from native apps only', () => {
    const own = { redirect_uris: ['com.example.app:/oauth2redirect'] };
    expect(refusalOf({ ...own, token_endpoint_auth_method: 'none' })).toBe('none');
    expect(refusalOf({ ...own, application_type: 'native' })).toBe('none');
    expect(refusalOf(own)).toBe('invalid_redirect_uri');
    expect(refusalOf({ redirect_uris: ['myapp:/cb'], application_type: 'native' })).toBe('invalid_redirect_uri');
  });

  it.each([
    [[]],
    [undefined],
    ['https://app.example.com/cb'],
    [['https://app.example.com/cb#fragment']],
    [['http://app.example.com/cb']],
    [['/relative']],
    [['https://user:secret@app.example.com/']],
    [['https:app.example.com']],
    [['javascript:alert(1)']],
    [['data:text/html,x']],
    [['regexp=(https://.*)']],
    [['https://app.example.com/\n']],
    [['https://app.example.com/ü']],
    [[7]],
    [[`https://app.example.com/${'x'.repeat(2_048)}`]],
    [Array(21).fill('https://app.example.com/cb')],
  ])('answers invalid_redirect_uri for %j', (uris) => {
    expect(refusalOf({ redirect_uris: uris })).toBe('invalid_redirect_uri');
  });

  it.each([
    ['a grant type that is not offered', { grant_types: ['authorization_code', 'urn:other'] }],
    ['client_credentials without proof', { grant_types: ['client_credentials'], token_endpoint_auth_method: 'none' }],
    ['a response type without its grant', { response_types: ['code', 'token'] }],
    [
      'a grant without its response type',
      { grant_types: ['authorization_code', 'implicit'], response_types: ['code'] },
    ],
    ['a response type nobody knows', { response_types: ['magic'] }],
    ['an unknown way to prove itself', { token_endpoint_auth_method: 'client_secret_jwt' }],
    ['jwks and jwks_uri', { jwks: { keys: [publicJwk] }, jwks_uri: 'https://a.example/jwks' }],
    ['a private key', { jwks: { keys: [privateJwk] } }],
    ['a symmetric key', { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }],
    ['an empty set of keys', { jwks: { keys: [] } }],
    ['too many keys', { jwks: { keys: Array(17).fill(publicJwk) } }],
    ['keys of 40 kB', { jwks: { keys: [{ ...publicJwk, x5c: ['A'.repeat(40_000)] }] } }],
    ['private_key_jwt without keys', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['self_signed_tls_client_auth without keys', { token_endpoint_auth_method: 'self_signed_tls_client_auth' }],
    [
      'private_key_jwt with no key that verifies',
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ ...publicJwk, use: 'enc' }] } },
    ],
    ['tls_client_auth without a name', { token_endpoint_auth_method: 'tls_client_auth' }],
    [
      'tls_client_auth with two names',
      {
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_dns: 'a.example',
        tls_client_auth_san_ip: '192.0.2.1',
      },
    ],
    ['a subject that is no name', { tls_client_auth_subject_dn: 'client' }],
    ['an address that is none', { tls_client_auth_san_ip: 'a.example' }],
    ['jwks_uri over http', { jwks_uri: 'http://a.example/jwks' }],
    ['a logo that runs', { logo_uri: 'javascript:alert(1)' }],
    ['a name with a line break', { client_name: 'a\nb' }],
    ['a name with half a character', { client_name: '\ud800' }],
    ['a long name', { client_name: 'x'.repeat(256) }],
    ['a scope with a quote', { scope: 'a "b"' }],
    ['a switch as text', { dpop_bound_access_tokens: 'true' }],
    ['grant types as text', { grant_types: 'authorization_code' }],
  ])('answers invalid_client_metadata for %s', (_, more) => {
    expect(refusalOf({ redirect_uris, ...more })).toBe('invalid_client_metadata');
  });

  it.each([[null], ['text'], [7], [[]]])('answers invalid_client_metadata for the body %j', (body) => {
    expect(refusalOf(body)).toBe('invalid_client_metadata');
  });

  it('needs no redirect URI where nothing is redirected', () => {
    const sent = { grant_types: ['client_credentials'] };
    expect(read(sent).metadata).toMatchObject({ responseTypes: [], redirectUris: [] });
  });

  it('keeps what a client says of its keys and tokens', () => {
    const sent = {
      redirect_uris,
      grant_types: ['authorization_code', 'implicit', 'refresh_token'],
      response_types: ['code', 'token id_token'],
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=client,O=Example\\, Inc.',
      tls_client_certificate_bound_access_tokens: true,
      dpop_bound_access_tokens: false,
      require_pushed_authorization_requests: true,
      scope: 'openid read',
    };
    expect(read(sent)).toMatchObject({
      grantTypes: sent.grant_types,
      metadata: {
        responseTypes: ['code', 'id_token token'],
        tlsClientAuthSubjectDn: 'CN=client,O=Example\\, Inc.',
        tlsClientCertificateBoundAccessTokens: true,
        dpopBoundAccessTokens: false,
        requirePushedAuthorizationRequests: true,
        scope: ['openid', 'read'],
      },
    });
  });
});
