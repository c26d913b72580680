import { describe, expect, it } from 'vitest';
import { clientId, createOAuth2World } from '../../../test/support/oauth2.js';
import { bearerAuthentication } from './bearer-authentication.js';

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const origin = 'https://keys.example.com';

async function createSubject() {
  const grantTypes = ['password', exchange];
  const exchangeTargets = ['partner', 'https://partner.example/*', `${origin}*`];
  const world = await createOAuth2World({ grantTypes, exchangeTargets });
  await world.storage.clientRegistry.updateRegistration(clientId, { grantTypes });
  const { tokens, clients, clock, resourceOwners: owners } = world;
  const bearer = bearerAuthentication({ tokens, clients, clock, owners, ownNames: [origin, `${origin}/oauth2/token`] });
  const exchanged = async (target: Record<string, string>) => {
    const { accessToken } = await world.password();
    const type = { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
    return (await world.token({ grant_type: exchange, subject_token: accessToken, ...type, ...target })).accessToken;
  };
  return { ...world, bearer, exchanged };
}

describe('who calls the REST APIs by an access token', () => {
  it('is its user, while it lives', async () => {
    const { bearer, password, clock } = await createSubject();
    const { accessToken } = await password();
    expect(await bearer.authenticate(accessToken)).toMatchObject({ subject: 'demo@carbon.super' });
    clock.advance(3_600);
    expect(await bearer.authenticate(accessToken)).toBeUndefined();
  });

  it('is nobody with a token that was made for another resource server (RFC 9068 §4)', async () => {
    const { bearer, exchanged } = await createSubject();
    expect(await bearer.authenticate(await exchanged({ audience: 'partner' }))).toBeUndefined();
    expect(await bearer.authenticate(await exchanged({ resource: 'https://partner.example/api' }))).toBeUndefined();
  });

  it.each<Record<string, string>>([
    {},
    { audience: origin },
    { audience: 'partner', resource: `${origin}/oauth2/token` },
  ])('is its user with a token for %j', async (target) => {
    const { bearer, exchanged } = await createSubject();
    expect(await bearer.authenticate(await exchanged(target))).toMatchObject({ subject: 'demo@carbon.super' });
  });
});
