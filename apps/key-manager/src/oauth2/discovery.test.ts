import { describe, expect, it } from 'vitest';
import { keyManagerSchema } from '../config/key-manager.config.js';
import { type MetadataContext, serverMetadata } from './discovery.js';

const { oauth2 } = keyManagerSchema.parse({}).keyManager;

function metadata(settings: object = {}, change: Partial<MetadataContext> = {}) {
  return serverMetadata({
    issuer: 'https://km/oauth2/token',
    keyManager: 'https://km',
    settings: { ...oauth2, ...settings },
    asksForCertificates: false,
    claimScopes: ['profile'],
    claimNames: ['name'],
    ...change,
  });
}

const urlsIn = (found: object) =>
  Object.entries(found).flatMap(([name, value]) =>
    typeof value === 'string' && /_endpoint$|_uri$/.test(name) ? [value] : [],
  );

describe('the metadata of the server', () => {
  it('lists grants, response types and methods that are turned on, and no others', () => {
    const some = metadata({ grantTypes: ['client_credentials'] });
    expect(some).toMatchObject({ grant_types_supported: ['client_credentials'], response_types_supported: [] });
    expect(some).not.toHaveProperty('authorization_endpoint');
    expect(some).not.toHaveProperty('device_authorization_endpoint');
    const all = metadata({ grantTypes: ['authorization_code', 'implicit'] });
    expect(all.response_types_supported).toEqual(['code', 'token', 'id_token', 'id_token token']);
    expect(metadata({ grantTypes: ['authorization_code'] }).response_types_supported).toEqual(['code']);
    const plain = { ...oauth2.authorization, allowPlainPkce: true };
    expect(metadata({ authorization: plain }).code_challenge_methods_supported).toEqual(['S256', 'plain']);
    expect(metadata().token_endpoint_auth_methods_supported).not.toContain('tls_client_auth');
    expect(metadata({ clientCertificateCaFile: 'ca.pem' }).token_endpoint_auth_methods_supported).toContain(
      'tls_client_auth',
    );
  });

  it('has what RFC 8414 §2 and OpenID Connect Discovery §3 require', () => {
    expect(metadata()).toMatchObject({
      issuer: 'https://km/oauth2/token',
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: expect.arrayContaining(['RS256']),
      scopes_supported: ['openid', 'profile'],
      // Left out they would count as true.
      request_uri_parameter_supported: false,
    });
  });

  it('names a gateway’s endpoints where a gateway shows it, and the same issuer', () => {
    const [own, gateways] = [metadata(), metadata({}, { gateway: 'https://gw:8243' })];
    expect(gateways.issuer).toBe(own.issuer);
    expect(Object.keys(gateways)).toEqual(expect.arrayContaining(Object.keys(own)));
    expect(gateways).toMatchObject({
      token_endpoint: 'https://gw:8243/token',
      revocation_endpoint: 'https://gw:8243/revoke',
      authorization_endpoint: 'https://gw:8243/authorize',
      userinfo_endpoint: 'https://gw:8243/userinfo',
      jwks_uri: 'https://gw:8243/jwks',
      introspection_endpoint: 'https://km/oauth2/introspect',
    });
    expect(urlsIn(own).every((url) => url.startsWith('https://km/'))).toBe(true);
  });

  it('never offers an unsigned id_token or an empty list of methods', () => {
    for (const [name, value] of Object.entries(metadata())) {
      if (Array.isArray(value) && name !== 'response_types_supported') expect(value).not.toEqual([]);
      expect(JSON.stringify(value)).not.toMatch(/"none".*alg|"HS256"/);
    }
    expect(metadata().id_token_signing_alg_values_supported).not.toContain('none');
  });
});
