import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SharedScope } from '../apis/api.js';
import { fullUserName } from '../users/user-name.js';
import { api, apiBody, grant, ownScope, registerClient, type Subject, tokenPair } from './fixtures.contract.js';

export function scopeLossesContract({ storage, clock }: Subject): void {
  const tenantDomain = 'losses.test';
  beforeAll(() => storage().tenants.seedTenant(tenantDomain));

  const some = (what: string) => `${what}${randomBytes(4).toString('hex')}`;

  /** A user with the roles, a token with the scope, and one that a client of the user got for itself. */
  async function holder(scope: string, roles: readonly string[]) {
    const user = await storage().users.createUser({
      tenantDomain,
      domain: 'PRIMARY',
      username: some('User'),
      passwordHash: '$argon2id$first',
      claims: {},
      roles,
    });
    const subject = fullUserName(user);
    const own = await registerClient(storage(), { owner: subject });
    const foreign = await registerClient(storage(), { owner: 'nobody@losses.test' });
    const save = async (family: ReturnType<typeof grant>) => {
      const pair = tokenPair(family, clock.now());
      const accessToken = { ...pair.accessToken, scope: ['openid', scope] };
      await storage().tokens.saveTokens({ grant: family, accessToken });
      return accessToken.hash;
    };
    const hashes = [
      await save(grant(foreign, clock.tick(), { subject, tenantDomain })),
      await save(grant(own, clock.tick(), { subject: undefined, kind: 'APPLICATION', tenantDomain })),
    ];
    return async () => {
      const found = await Promise.all(hashes.map((hash) => storage().tokens.findAccessToken(hash)));
      return found.map((record) => record?.revoked);
    };
  }

  const [alive, dead] = [
    [false, false],
    [true, true],
  ];

  async function shared(bindings: readonly string[]): Promise<SharedScope> {
    const scope = { id: randomUUID(), tenantDomain, name: some('scope'), displayName: '', description: '', bindings };
    await storage().sharedScopes.createScope(scope);
    return scope;
  }

  describe('a scope that loses a role', () => {
    it('ends the tokens of those who had it by that role alone, and of their clients', async () => {
      const scope = await shared(['Internal/creator', 'Internal/publisher']);
      const loser = await holder(scope.name, ['Internal/publisher']);
      const keeper = await holder(scope.name, ['Internal/publisher', 'Internal/creator']);
      const withoutIt = await holder(some('other'), ['Internal/publisher']);
      await storage().sharedScopes.updateScope({ ...scope, bindings: ['Internal/creator', 'Internal/devops'] });
      expect([await loser(), await keeper(), await withoutIt()]).toEqual([dead, alive, alive]);
    });

    it('that was open to everybody ends the tokens that carry it', async () => {
      const [open, other] = [await shared([]), await shared(['Internal/everyone'])];
      const loser = await holder(open.name, ['Internal/publisher']);
      const keeper = await holder(open.name, ['Internal/creator']);
      const withoutIt = await holder(other.name, ['Internal/publisher']);
      await storage().sharedScopes.updateScope({ ...open, bindings: ['Internal/creator'] });
      expect([await loser(), await keeper(), await withoutIt()]).toEqual([dead, alive, alive]);
      await storage().sharedScopes.updateScope({ ...other, bindings: ['Internal/creator'] });
      expect(await withoutIt()).toEqual(dead);
    });

    it('ends nothing when it is opened, described anew or not bound any more', async () => {
      const scope = await shared(['Internal/creator']);
      const token = await holder(scope.name, ['Internal/creator']);
      for (const bindings of [['Internal/creator'], ['Internal/creator', 'Internal/publisher'], []]) {
        await storage().sharedScopes.updateScope({ ...scope, bindings, description: some('text') });
      }
      await storage().sharedScopes.deleteScope(tenantDomain, scope.id);
      expect(await token()).toEqual(alive);
    });

    it('counts as it is in force: by an API of its own, and by what wins over it', async () => {
      const name = some('scope');
      const made = api({ tenantDomain, body: apiBody({ scopes: [ownScope(name, 'Internal/publisher')] }) });
      await storage().apis.createApi(made);
      const publisher = await holder(name, ['Internal/publisher']);
      const body = apiBody({ scopes: [ownScope(name, 'Internal/publisher')], policies: ['Gold'] });
      await storage().apis.updateApi(made.id, { body });
      expect(await publisher()).toEqual(alive);
      await storage().apis.updateApi(made.id, {
        body: apiBody({ scopes: [ownScope(name, 'Internal/creator', 'Internal/devops')] }),
      });
      expect(await publisher()).toEqual(dead);

      const creator = await holder(name, ['Internal/creator']);
      const [id, more] = [randomUUID(), { tenantDomain, name, displayName: '', description: '' }];
      await storage().sharedScopes.createScope({ id, ...more, bindings: ['Internal/devops'] });
      expect(await creator()).toEqual(dead);
    });
  });
}
