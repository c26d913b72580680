import { beforeAll, describe, expect, it } from 'vitest';
import {
  encoded,
  idpEntity,
  isoTime,
  provider,
  type SamlFacts,
  type SigningIdentity,
  samlAssertion,
  signingIdentity,
  signXml,
  tokenEndpoint,
} from '../../../test/support/identity-provider.js';
import { clientId, createOAuth2World, ManualClock, refusal } from '../../../test/support/oauth2.js';
import type { IdentityProvider } from '../../identity-providers/identity-provider.js';
import type { OAuth2Settings } from '../settings.js';
import { sha256 } from '../token-hash.js';

const grantType = 'urn:ietf:params:oauth:grant-type:saml2-bearer';
const now = new ManualClock().millis;

describe('grant_type=saml2-bearer', () => {
  let idp: SigningIdentity;
  let stranger: SigningIdentity;
  beforeAll(async () => {
    [idp, stranger] = await Promise.all([signingIdentity(), signingIdentity()]);
  });

  async function createWorld(change: Partial<IdentityProvider> = {}, settings: Partial<OAuth2Settings> = {}) {
    const world = await createOAuth2World({ grantTypes: [grantType, 'refresh_token'], ...settings });
    await world.storage.clientRegistry.updateRegistration(clientId, { grantTypes: [grantType, 'refresh_token'] });
    const saml = { entityId: idpEntity, certificates: idp.certificate };
    await world.storage.identityProviders.createProvider(provider({ saml, ...change }));
    const sign = (facts: SamlFacts = {}, by = idp) => encoded(signXml(by, samlAssertion(now, facts)));
    const exchange = (assertion: string, more: Record<string, string> = {}) =>
      world.token({ grant_type: grantType, assertion, ...more });
    const grantOf = async (accessToken: string) => (await world.tokens.findAccessToken(sha256(accessToken)))?.grant;
    return { ...world, sign, exchange, grantOf };
  }

  it('gives a token to a name that no local user can have, and no refresh token', async () => {
    const { sign, exchange, grantOf } = await createWorld();
    const granted = await exchange(sign({ nameId: 'admin' }));
    expect(granted).toMatchObject({ tokenType: 'Bearer', scope: 'default', refreshToken: undefined });
    expect(await grantOf(granted.accessToken)).toMatchObject({
      subject: 'FEDERATED/example/admin@carbon.super',
      kind: 'APPLICATION_USER',
    });
  });

  it('takes base64 with padding too, since clients send it', async () => {
    const { exchange } = await createWorld();
    const base64 = Buffer.from(signXml(idp, samlAssertion(now))).toString('base64');
    await expect(exchange(base64)).resolves.toBeDefined();
  });

  it('takes the name of the token endpoint as the audience', async () => {
    const { sign, exchange } = await createWorld();
    await expect(exchange(sign({ audience: tokenEndpoint }))).resolves.toBeDefined();
  });

  const audience = '<saml:AudienceRestriction><saml:Audience>keygate-at-idp</saml:Audience></saml:AudienceRestriction>';
  const other = audience.replace('keygate-at-idp', 'somebody-else');
  const recipient = `Recipient="${tokenEndpoint}"`;
  const data = (attributes: string) => `<saml:SubjectConfirmationData ${attributes}/>`;
  const statement = (attributes: string) =>
    `<saml:AuthnStatement AuthnInstant="${isoTime(now)}" ${attributes}><saml:AuthnContext/></saml:AuthnStatement>`;
  it.each<[string, SamlFacts, string]>([
    [
      'an unknown issuer',
      { issuer: 'https://evil.example' },
      'No Registered IDP found for the issuer of the assertion.',
    ],
    ['another audience', { audience: 'somebody-else' }, 'The assertion is for another audience.'],
    ['no audience', { conditions: '' }, 'The assertion is for another audience.'],
    [
      'two restrictions of which one is not met',
      { conditions: audience + other },
      'The assertion is for another audience.',
    ],
    [
      'an unknown condition',
      { conditions: `${audience}<saml:Condition/>` },
      'The assertion has a condition that is not supported.',
    ],
    [
      'a foreign condition',
      { conditions: `${audience}<x xmlns="urn:x"/>` },
      'The assertion has a condition that is not supported.',
    ],
    ['an assertion that has ended', { ends: -60 }, 'The assertion is expired.'],
    ['an assertion that has not begun', { starts: 61 }, 'The assertion is not valid yet.'],
    [
      'another recipient',
      { recipient: 'https://other.example/token' },
      'The subject of the assertion is not confirmed for this server.',
    ],
    ['no recipient', { data: data('') }, 'The subject of the assertion is not confirmed for this server.'],
    ['no confirmation data', { data: '' }, 'The subject of the assertion is not confirmed for this server.'],
    [
      'a confirmation that has ended',
      { data: data(`${recipient} NotOnOrAfter="${isoTime(now - 60_000)}"`) },
      'The subject of the assertion is not confirmed for this server.',
    ],
    [
      'a confirmation that has not begun',
      { data: data(`${recipient} NotBefore="${isoTime(now + 61_000)}"`) },
      'The subject of the assertion is not confirmed for this server.',
    ],
    [
      'a time that is none',
      { data: data(`${recipient} NotOnOrAfter="tomorrow"`) },
      'The subject of the assertion is not confirmed for this server.',
    ],
    [
      'holder of key',
      { method: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' },
      'The subject of the assertion is not confirmed for this server.',
    ],
    [
      'a session that has ended',
      { statements: statement(`SessionNotOnOrAfter="${isoTime(now - 60_000)}"`) },
      'The assertion is expired.',
    ],
    ['a life of more than a day', { ends: 86_400 + 61 }, 'The assertion lives too long.'],
    ['an empty subject', { nameId: ' ' }, 'The assertion names no subject.'],
  ])('answers invalid_grant for %s', async (_what, facts, description) => {
    const { sign, exchange } = await createWorld();
    expect(await refusal(exchange(sign(facts)))).toEqual({ error: 'invalid_grant', status: 400, description });
  });

  it('refuses what is not signed by the provider, or no assertion at all', async () => {
    const { sign, exchange } = await createWorld();
    const broken = 'Signature or Message Authentication invalid';
    expect((await refusal(exchange(sign({}, stranger)))).description).toBe(broken);
    const tampered = signXml(idp, samlAssertion(now)).replace('>bob<', '>eve<');
    expect((await refusal(exchange(encoded(tampered)))).description).toBe(broken);
    for (const text of ['abc', '=', encoded('<x/>'), Buffer.from([0xff, 0xfe]).toString('base64url'), 'a b']) {
      expect(await refusal(exchange(text))).toMatchObject({ error: 'invalid_grant', status: 400 });
    }
    expect((await refusal(exchange('a'.repeat(16_385)))).error).toBe('invalid_request');
  });

  it('believes no provider without SAML, switched off, or of another tenant', async () => {
    for (const change of [{ saml: undefined }, { enabled: false }, { tenantDomain: 'elsewhere.com' }]) {
      const { sign, exchange } = await createWorld(change);
      expect((await refusal(exchange(sign()))).description).toContain('No Registered IDP found');
    }
  });

  it('takes an assertion once, however many send it at a time', async () => {
    const { sign, exchange } = await createWorld();
    const assertion = sign();
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => exchange(assertion)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await refusal(exchange(assertion))).description).toBe('The assertion was used before.');
  });

  it('takes one with OneTimeUse once, whatever the setting says', async () => {
    const assertions = { algorithms: [], clockSkewSeconds: 60, maxLifetimeSeconds: 86_400, singleUse: false };
    const { sign, exchange } = await createWorld({}, { assertions });
    const [again, once] = [sign(), sign({ conditions: `${audience}<saml:OneTimeUse/>` })];
    await exchange(again);
    await expect(exchange(again)).resolves.toBeDefined();
    await exchange(once);
    expect((await refusal(exchange(once))).description).toBe('The assertion was used before.');
  });

  it('maps roles and attributes', async () => {
    const { sign, exchange, grantOf, addScope } = await createWorld({
      roleClaim: 'http://schemas/role',
      roleMapping: [{ remoteRole: 'Staff', localRole: 'reader' }],
      claimMapping: [
        { remoteClaim: 'mail', localClaim: 'email' },
        { remoteClaim: 'http://schemas/role', localClaim: 'groups' },
      ],
    });
    await addScope('read', ['reader']);
    const values = (...texts: string[]) =>
      texts.map((text) => `<saml:AttributeValue>${text}</saml:AttributeValue>`).join('');
    const attribute = (name: string, ...texts: string[]) =>
      `<saml:Attribute Name="${name}">${values(...texts)}</saml:Attribute>`;
    const statements = `<saml:AttributeStatement>${attribute('mail', 'bob@example.com')}${attribute('http://schemas/role', 'x', 'Staff')}</saml:AttributeStatement>`;
    const granted = await exchange(sign({ statements }), { scope: 'read openid email groups' });
    expect(granted.scope).toBe('openid read');
    expect((await grantOf(granted.accessToken))?.details?.claims).toEqual({
      email: 'bob@example.com',
      groups: ['x', 'Staff'],
    });
  });
});
