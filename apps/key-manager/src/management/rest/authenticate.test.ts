import { describe, expect, it } from 'vitest';
import type { ResourceOwner } from '../../oauth2/model.js';
import { type Authenticators, authenticate } from './authenticate.js';
import { type Access, anyone, password, token } from './caller.js';
import { toRestError } from './problem.js';

const alice: ResourceOwner = {
  subject: 'alice@carbon.super',
  tenantDomain: 'carbon.super',
  roles: ['cook'],
  tokenEpoch: 0,
};
const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;

const authenticators: Omit<Authenticators, 'callers'> = {
  bearer: {
    authenticate: async (accessToken) =>
      accessToken === 'good' ? { ...alice, scopes: ['apim:subscribe', 'default'] } : undefined,
  },
  passwords: {
    authenticate: async (username, secret) => (username === 'alice' && secret === 'a:b ü' ? alice : undefined),
  },
};

const outcome = async (access: Access, authorization: string | undefined) => {
  try {
    return (
      (await authenticate(access, { authorization, clientAddress: '192.0.2.1' }, authenticators))?.subject ??
      'anonymous'
    );
  } catch (error) {
    const { status, headers } = toRestError(error);
    return `${status} ${headers['WWW-Authenticate'] ?? ''}`.trim();
  }
};

const subscribers = token('subscribe', 'app_manage');

describe('who is let in', () => {
  it.each<[Access, string | undefined, string]>([
    [subscribers, 'Bearer good', 'alice@carbon.super'],
    [subscribers, 'bearer  good ', 'alice@carbon.super'],
    [subscribers, undefined, '401 Bearer realm="Keygate"'],
    [subscribers, '', '401 Bearer realm="Keygate"'],
    [subscribers, 'Bearer', '401 Bearer realm="Keygate"'],
    [subscribers, 'Bearer good, Bearer good', '401 Bearer realm="Keygate"'],
    [subscribers, basic('alice:a:b ü'), '401 Bearer realm="Keygate"'],
    [subscribers, `Bearer ${'x'.repeat(9_000)}`, '401 Bearer realm="Keygate"'],
    [subscribers, 'Bearer bad', '401 Bearer realm="Keygate", error="invalid_token"'],
    [token('admin'), 'Bearer good', '401 Bearer realm="Keygate", error="insufficient_scope", scope="apim:admin"'],
    [anyone, undefined, 'anonymous'],
    [anyone, 'Bearer good', 'alice@carbon.super'],
    [anyone, 'Bearer bad', '401 Bearer realm="Keygate", error="invalid_token"'],
    [password(), basic('alice:a:b ü'), 'alice@carbon.super'],
    [password('cook'), basic('alice:a:b ü'), 'alice@carbon.super'],
    [password('admin'), basic('alice:a:b ü'), '403'],
    [password(), basic('alice:wrong'), '401 Basic realm="Keygate", charset="UTF-8"'],
    [password(), basic(':a'), '401 Basic realm="Keygate", charset="UTF-8"'],
    [password(), 'Bearer good', '401 Basic realm="Keygate", charset="UTF-8"'],
    [password(), undefined, '401 Basic realm="Keygate", charset="UTF-8"'],
  ])('%j with %s: %s', async (access, authorization, expected) => {
    expect(await outcome(access, authorization)).toBe(expected);
  });
});
