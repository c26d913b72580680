import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachStorage } from './support/each-storage.js';
import {
  encoded,
  idpEntity,
  provider,
  type SamlFacts,
  type SigningIdentity,
  samlAssertion,
  signingIdentity,
  signXml,
} from './support/identity-provider.js';
import { seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

const grantType = 'urn:ietf:params:oauth:grant-type:saml2-bearer';

describe.each(eachStorage)('grant_type=saml2-bearer over HTTPS, $name storage', ({ openStorage }) => {
  let keyManager: TestKeyManager;
  let authorization: string;
  let idp: SigningIdentity;
  const sign = (facts: SamlFacts = {}) =>
    signXml(idp, samlAssertion(Date.now(), { recipient: keyManager.urls.token, ...facts }));
  const exchange = (xml: string, more: Record<string, string> = {}) =>
    keyManager.post('/oauth2/token', { grant_type: grantType, assertion: encoded(xml), ...more }, authorization);

  beforeAll(async () => {
    idp = await signingIdentity();
    keyManager = await startTestKeyManager({ openStorage });
    ({ authorization } = await seedFixtures(keyManager.storage, { grantTypes: [grantType] }));
    const saml = { entityId: idpEntity, certificates: idp.certificate };
    const mapping = { roleClaim: 'groups', roleMapping: [{ remoteRole: 'Staff', localRole: 'readers' }] };
    await keyManager.storage.identityProviders.createProvider(provider({ saml, ...mapping }));
  });
  afterAll(() => keyManager.stop());

  it('answers an access token and no refresh token', async () => {
    const { status, headers, body } = await exchange(sign());
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      scope: 'default',
      token_type: 'Bearer',
      expires_in: 3600,
      access_token: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('maps attributes to roles', async () => {
    const statements =
      '<saml:AttributeStatement><saml:Attribute Name="groups"><saml:AttributeValue>Staff</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>';
    expect((await exchange(sign({ statements }), { scope: 'read update' })).body.scope).toBe('read');
  });

  it('takes an assertion once, from however many at a time', async () => {
    const xml = sign();
    const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(xml)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(9);
  });

  it.each<[string, () => string]>([
    ['is changed', () => sign().replace('>bob<', '>admin<')],
    [
      'is wrapped in another',
      () => samlAssertion(Date.now(), { nameId: 'admin' }).replace('</saml:Assertion>', `${sign()}</saml:Assertion>`),
    ],
    ['has a document type', () => `<!DOCTYPE x [<!ENTITY a "aaaa">]>${sign()}`],
    ['is not signed', () => samlAssertion(Date.now())],
    ['is for another endpoint', () => sign({ recipient: 'https://other.example/token' })],
    ['is expired', () => sign({ ends: -61 })],
    ['is no XML', () => 'hello'],
  ])('answers invalid_grant for one that %s', async (_what, made) => {
    const { status, headers, body, text } = await exchange(made());
    expect(status).toBe(400);
    expect(body.error).toBe('invalid_grant');
    expect(headers['cache-control']).toBe('no-store');
    expect(text).not.toContain('admin');
  });
});
