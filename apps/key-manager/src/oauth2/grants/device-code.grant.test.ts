import { describe, expect, it } from 'vitest';
import { basic, clientId, clientSecret, createOAuth2World, refusal } from '../../../test/support/oauth2.js';
import {
  createDeviceAuthorization,
  deviceCodeGrantType as grantType,
} from '../device-authorization/device-authorization-endpoint.js';
import { deviceDecisions } from '../device-authorization/device-decision.js';
import type { OAuth2Settings } from '../settings.js';
import { sha256 } from '../token-hash.js';

async function createWorld(settings: Partial<OAuth2Settings> = {}) {
  const world = await createOAuth2World({ grantTypes: [grantType, 'refresh_token'], ...settings });
  await world.storage.clientRegistry.updateRegistration(clientId, { grantTypes: [grantType, 'refresh_token'] });
  await world.addScope('read', ['reader']);
  const authorizeDevice = createDeviceAuthorization({ ...world, verificationUri: 'https://localhost:9443/device' });
  const decisions = deviceDecisions(world);
  const approval = { subject: 'demo@carbon.super', tenantDomain: 'carbon.super', subjectEpoch: 0 };
  return {
    ...world,
    decisions,
    begin: (members: Record<string, string> = {}, authorization?: string) =>
      authorizeDevice(world.post(members, authorization)),
    poll: (deviceCode: string, authorization?: string) =>
      world.token({ grant_type: grantType, device_code: deviceCode }, authorization),
    async decide(userCode: string, allowed: boolean) {
      const device = await decisions.find(userCode);
      return device !== undefined && decisions.settle(device, allowed ? approval : undefined);
    },
  };
}

describe('device authorization', () => {
  it('hands out a device code, a code to type and where to type it', async () => {
    const { begin } = await createWorld();
    const answer = await begin({ scope: 'read' });
    expect(answer).toEqual({
      deviceCode: expect.stringMatching(/^[0-9a-f]{32}$/),
      userCode: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
      verificationUri: 'https://localhost:9443/device',
      verificationUriComplete: `https://localhost:9443/device?user_code=${answer.userCode}`,
      expiresInSeconds: 600,
      intervalSeconds: 5,
    });
  });

  it('takes another code when one is taken', async () => {
    const world = await createWorld();
    const same = ['00'.repeat(16), '00'.repeat(16), '01'.repeat(16)];
    const device = ['aa'.repeat(16), 'bb'.repeat(16)];
    const order = [device[0], same[0], device[1], same[1], same[2]];
    const values = { ...world.values, random: () => order.shift() ?? '' };
    const authorizeDevice = createDeviceAuthorization({ ...world, values, verificationUri: 'https://x/device' });
    expect((await authorizeDevice(world.post({}))).userCode).toBe('BBBB-BBBB');
    expect((await authorizeDevice(world.post({}))).userCode).toBe('CCCC-CCCC');
  });

  it('is for clients that have it, public ones too', async () => {
    const { begin, register, storage } = await createWorld();
    await register({ clientId: 'tv', confidential: false, grantTypes: [grantType] });
    await expect(begin({ client_id: 'tv' }, basic('tv', clientSecret))).resolves.toBeDefined();
    expect((await refusal(begin({ scope: 'a"b' }))).error).toBe('invalid_scope');
    expect((await refusal(begin({}, basic(clientId, 'wrong')))).error).toBe('invalid_client');
    await storage.clientRegistry.updateRegistration(clientId, { grantTypes: ['password'] });
    expect((await refusal(begin())).error).toBe('unauthorized_client');
    const off = await createWorld({ grantTypes: ['password'] });
    expect((await refusal(off.begin())).description).toBe('Unsupported grant_type value');
  });
});

describe('device authorization of public clients', () => {
  it('is held to a number per network, since anybody may ask in their name', async () => {
    const { begin, register } = await createWorld();
    await register({ clientId: 'tv', confidential: false, grantTypes: [grantType] });
    for (let nth = 0; nth < 20; nth++) await begin({ client_id: 'tv' }, basic('tv', clientSecret));
    expect(await refusal(begin({ client_id: 'tv' }, basic('tv', clientSecret)))).toMatchObject({ status: 429 });
    await expect(begin()).resolves.toBeDefined();
  });
});

describe('grant_type=device_code', () => {
  it('waits for the user, then gives tokens once', async () => {
    const { begin, poll, decide, clock, tokens } = await createWorld();
    const { deviceCode, userCode } = await begin({ scope: 'read other' });
    expect(await refusal(poll(deviceCode))).toMatchObject({ error: 'authorization_pending', status: 400 });
    clock.advance(5);
    expect((await refusal(poll(deviceCode))).error).toBe('authorization_pending');
    expect(await decide(userCode.toLowerCase(), true)).toBe(true);
    const granted = await poll(deviceCode);
    expect(granted).toMatchObject({ scope: 'read', refreshToken: expect.any(String) });
    expect((await tokens.findAccessToken(sha256(granted.accessToken)))?.grant.subject).toBe('demo@carbon.super');
    expect(await refusal(poll(deviceCode))).toMatchObject({ error: 'invalid_grant' });
    expect((await tokens.findAccessToken(sha256(granted.accessToken)))?.revoked).toBe(false);
  });

  it('gives tokens to one of many that ask at once', async () => {
    const { begin, poll, decide, tokens } = await createWorld();
    const { deviceCode, userCode } = await begin();
    await decide(userCode, true);
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => poll(deviceCode)));
    const granted = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    expect(granted).toHaveLength(1);
    // A request that was sent twice is no theft.
    expect((await tokens.findAccessToken(sha256(granted[0]?.accessToken ?? '')))?.revoked).toBe(false);
  });

  it('answers slow_down to who asks too often, and asks for five seconds more each time', async () => {
    const { begin, poll, clock } = await createWorld();
    const { deviceCode } = await begin();
    const error = async () => (await refusal(poll(deviceCode))).error;
    expect(await error()).toBe('authorization_pending');
    clock.advance(4);
    expect(await error()).toBe('slow_down');
    clock.advance(9);
    expect(await error()).toBe('slow_down');
    clock.advance(15);
    expect(await error()).toBe('authorization_pending');
  });

  it('gives an approved device its tokens however often it asked', async () => {
    const { begin, poll, decide } = await createWorld();
    const { deviceCode, userCode } = await begin();
    await refusal(poll(deviceCode));
    await refusal(poll(deviceCode));
    await decide(userCode, true);
    await expect(poll(deviceCode)).resolves.toBeDefined();
  });

  it('answers access_denied when the user refuses, and expired_token when it took too long', async () => {
    const { begin, poll, decide, clock } = await createWorld();
    const denied = await begin();
    expect(await decide(denied.userCode, false)).toBe(true);
    expect(await refusal(poll(denied.deviceCode))).toMatchObject({ error: 'access_denied', status: 400 });
    const late = await begin();
    clock.advance(600);
    expect(await decide(late.userCode, true)).toBe(false);
    expect(await refusal(poll(late.deviceCode))).toMatchObject({ error: 'expired_token', status: 400 });
  });

  it('lets a code be settled once, also when two decide at the same time', async () => {
    const { begin, decide, decisions } = await createWorld();
    const { userCode } = await begin();
    const settled = await Promise.all([decide(userCode, true), decide(userCode, false), decide(userCode, true)]);
    expect(settled.filter(Boolean)).toHaveLength(1);
    expect(await decisions.find(userCode)).toBeUndefined();
    expect(await decide('BBBB-CCCC', true)).toBe(false);
  });

  it('settles while the device keeps asking', async () => {
    const { begin, poll, decide } = await createWorld();
    const { deviceCode, userCode } = await begin();
    const [settled, polled] = await Promise.allSettled([decide(userCode, true), poll(deviceCode)]);
    expect(settled).toEqual({ status: 'fulfilled', value: true });
    if (polled.status === 'rejected') await expect(poll(deviceCode)).resolves.toBeDefined();
  });

  it('is of no use to another client, nor is another kind of code', async () => {
    const { begin, poll, decide, register } = await createWorld();
    await register({ clientId: 'other', grantTypes: [grantType] });
    const { deviceCode, userCode } = await begin();
    await decide(userCode, true);
    for (const answer of [poll(deviceCode, basic('other', clientSecret)), poll(userCode), poll('unknown')]) {
      expect(await refusal(answer)).toEqual({
        error: 'invalid_grant',
        status: 400,
        description: 'The device code is invalid.',
      });
    }
    await expect(poll(deviceCode)).resolves.toBeDefined();
  });

  it('ends an approval with the login behind it', async () => {
    const { begin, poll, decide, resourceOwners } = await createWorld();
    const { deviceCode, userCode } = await begin();
    await decide(userCode, true);
    resourceOwners.remove('demo');
    expect((await refusal(poll(deviceCode))).error).toBe('invalid_grant');
  });
});
