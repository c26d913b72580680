import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AlreadyExists, InvalidValue, NotFound } from './errors.js';
import {
  api,
  application,
  grant,
  hash,
  registerClient,
  registration,
  type Subject,
  secret,
  subscription,
  tokenPair,
} from './fixtures.contract.js';

const someone = () => `owner-${randomBytes(5).toString('hex')}@carbon.super`;

export function applicationStoreContract({ storage, clock }: Subject): void {
  const applications = () => storage().applications;
  const registry = () => storage().clientRegistry;

  describe('applications', () => {
    it('come back as they were made', async () => {
      const made = application({ groups: ['a', 'b'], attributes: { ü: '"\\' } });
      await applications().createApplication(made);
      expect(await applications().findApplication(made.id)).toEqual(made);
      expect(await applications().findApplication('none')).toBeUndefined();
      expect(await applications().findApplication('a\0b')).toBeUndefined();
      await expect(applications().createApplication(application({ name: 'a\0b' }))).rejects.toThrow(InvalidValue);
    });

    it('have a name once per owner', async () => {
      const made = application();
      await applications().createApplication(made);
      const again = application({ name: made.name });
      await expect(applications().createApplication(again)).rejects.toThrow(AlreadyExists);
      await applications().createApplication({ ...again, owner: someone() });
      const other = application();
      await applications().createApplication(other);
      await expect(applications().updateApplication(other.id, { name: made.name })).rejects.toThrow(AlreadyExists);
      await expect(applications().updateApplication('none', {})).rejects.toThrow(NotFound);
    });

    it('come in pages, by owner or tenant, filtered by a part of the name', async () => {
      const owner = someone();
      const tenantDomain = `${owner}.test`;
      for (const name of ['beta 50%', 'Alpha', 'gamma']) {
        await applications().createApplication(application({ owner, tenantDomain, name }));
      }
      await applications().createApplication(application({ owner: someone(), tenantDomain, name: 'delta' }));
      const names = async (page: { owner?: string; query?: string; offset?: number; limit?: number }) => {
        const found = await applications().listApplications({ tenantDomain, offset: 0, limit: 10, ...page });
        return [found.total, ...found.applications.map(({ name }) => name)];
      };
      expect(await names({})).toEqual([4, 'Alpha', 'beta 50%', 'delta', 'gamma']);
      expect(await names({ owner })).toEqual([3, 'Alpha', 'beta 50%', 'gamma']);
      expect(await names({ owner, offset: 1, limit: 1 })).toEqual([3, 'beta 50%']);
      expect(await names({ query: 'AM' })).toEqual([1, 'gamma']);
      expect(await names({ query: '%' })).toEqual([1, 'beta 50%']);
    });

    it('are changed in what is named only', async () => {
      const made = application();
      await applications().createApplication(made);
      const at = clock.tick();
      const change = { description: 'new', attributes: { a: '1' }, tokenType: 'JWT' } as const;
      const changed = await applications().updateApplication(made.id, change);
      expect(changed).toEqual({ ...made, ...change, updatedAt: at });
      expect(await applications().findApplication(made.id)).toEqual(changed);
    });

    it('take keys, subscriptions and tokens with them', async () => {
      const made = application();
      await applications().createApplication(made);
      const clientId = await registerClient(storage(), { applicationId: made.id });
      const subscribed = api();
      await storage().apis.createApi(subscribed);
      const subscribing = subscription(made.id, subscribed.id);
      await storage().subscriptions.createSubscription(subscribing);
      const pair = tokenPair(grant(clientId, clock.tick()), clock.now());
      await storage().tokens.saveTokens(pair);
      const seq = await storage().revocationFeed.seq();

      expect(await applications().deleteApplication(made.id)).toBe(true);
      expect(await applications().deleteApplication(made.id)).toBe(false);
      expect(await registry().findRegistration(clientId)).toBeUndefined();
      expect(await storage().clients.findClient(clientId)).toBeUndefined();
      expect(await storage().subscriptions.findSubscription(subscribing.id)).toBeUndefined();
      expect(await storage().tokens.findAccessToken(pair.accessToken.hash)).toMatchObject({ revoked: true });
      const told = await storage().revocationFeed.revocationsSince(seq, 10);
      expect(told?.map(({ target }) => target)).toEqual([{ kind: 'client', clientId }]);
    });

    it('leave no key or subscription behind when both are made while they are deleted', async () => {
      for (let round = 0; round < 5; round++) {
        const made = application();
        await applications().createApplication(made);
        const subscribed = api();
        await storage().apis.createApi(subscribed);
        const key = registration({ applicationId: made.id });
        await Promise.allSettled([
          registry().registerClient(key, secret()),
          applications().deleteApplication(made.id),
          storage().subscriptions.createSubscription(subscription(made.id, subscribed.id)),
        ]);
        expect(await applications().findApplication(made.id)).toBeUndefined();
        expect(await registry().findRegistration(key.clientId)).toBeUndefined();
        expect(await storage().subscriptions.countSubscriptions(made.id)).toBe(0);
      }
    });
  });

  describe('clients', () => {
    it('come back as they were registered, to the registry and to the authorization server', async () => {
      const made = registration({ confidential: false, allTenants: true });
      const first = secret();
      await registry().registerClient(made, first);
      expect(await registry().findRegistration(made.clientId)).toEqual(made);
      expect(await registry().findKeyMapping(made.keyMappingId)).toEqual(made);
      expect(await registry().findRegistrationByName(made.owner, made.name)).toEqual(made);
      expect(await registry().listSecrets(made.clientId)).toEqual([first]);
      const { tenantDomain, owner, keyType, grantTypes, lifetimes, clientId } = made;
      expect(await storage().clients.findClient(clientId)).toMatchObject({
        ...{ clientId, tenantDomain, owner, keyType, grantTypes, lifetimes },
        ...{ confidential: false, active: true, allTenants: true, secretHashes: [first.hash] },
      });
    });

    it.each(['none', 'a\0b', '\ud800', `${'x'.repeat(10_000)}`])(
      'are not found by another id (%#)',
      async (clientId) => {
        expect(await storage().clients.findClient(clientId)).toBeUndefined();
        expect(await registry().findRegistration(clientId)).toBeUndefined();
      },
    );

    it('are one per id, per application and key type, and per owner and name without application', async () => {
      const app = application();
      await applications().createApplication(app);
      const made = registration({ applicationId: app.id });
      await registry().registerClient(made, secret());
      const refused = async (change: Parameters<typeof registration>[0]) => {
        await expect(registry().registerClient(registration(change), secret())).rejects.toThrow(AlreadyExists);
      };
      await refused({ clientId: made.clientId });
      await refused({ applicationId: app.id });
      await refused({ keyMappingId: made.keyMappingId });
      await registry().registerClient(registration({ applicationId: app.id, keyType: 'SANDBOX' }), secret());
      const loose = registration();
      await registry().registerClient(loose, secret());
      await refused({ owner: loose.owner, name: loose.name });
      await registry().registerClient(registration({ owner: someone(), name: loose.name }), secret());
      const found = await registry().listRegistrations(app.id);
      expect(found.map(({ keyType }) => keyType).sort()).toEqual(['PRODUCTION', 'SANDBOX']);
      expect(await registry().findRegistrationByName(made.owner, made.name)).toBeUndefined();
    });

    it('are counted by owner, those of applications apart', async () => {
      const [owner, app] = [someone(), application()];
      expect(await registry().countRegistrations(owner)).toBe(0);
      await applications().createApplication(app);
      await registry().registerClient(registration({ owner, applicationId: app.id }), secret());
      for (let nth = 0; nth < 2; nth++) await registry().registerClient(registration({ owner }), secret());
      expect(await registry().countRegistrations(owner)).toBe(2);
    });

    it('cannot be registered for an application that is not there', async () => {
      const made = registration({ applicationId: 'none' });
      await expect(registry().registerClient(made, secret())).rejects.toThrow(NotFound);
    });

    it('are changed in what is named only', async () => {
      const made = registration();
      await registry().registerClient(made, secret());
      const change = { grantTypes: ['password'], lifetimes: { refreshToken: -1 }, callbackUrl: 'https://example.com' };
      expect(await registry().updateRegistration(made.clientId, change)).toEqual({ ...made, ...change });
      expect(await registry().findRegistration(made.clientId)).toEqual({ ...made, ...change });
      await expect(registry().updateRegistration('none', {})).rejects.toThrow(NotFound);
    });

    it('have their secrets replaced all together', async () => {
      const made = registration();
      await registry().registerClient(made, secret());
      const next = secret({ derived: false });
      await registry().replaceSecrets(made.clientId, next);
      expect(await registry().listSecrets(made.clientId)).toEqual([next]);
      expect((await storage().clients.findClient(made.clientId))?.secretHashes).toEqual([next.hash]);
      await expect(registry().replaceSecrets('none', secret())).rejects.toThrow(NotFound);
    });

    it('have several secrets at once, up to a limit', async () => {
      const made = registration();
      const first = secret();
      await registry().registerClient(made, first);
      const later = [1, 2].map((nth) => secret({ createdAt: first.createdAt + nth, description: `the ${nth}.` }));
      for (const each of later) expect(await registry().addSecret(made.clientId, each, 3)).toBe(true);
      expect(await registry().addSecret(made.clientId, secret(), 3)).toBe(false);
      expect(await registry().listSecrets(made.clientId)).toEqual([first, ...later]);
      const [, second] = later;
      expect(await registry().deleteSecret(made.clientId, first.id)).toBe(true);
      expect(await registry().deleteSecret(made.clientId, first.id)).toBe(false);
      expect(await registry().deleteSecret('none', second?.id ?? '')).toBe(false);
      expect(await registry().listSecrets(made.clientId)).toEqual(later);
      await expect(registry().addSecret('none', secret(), 3)).rejects.toThrow(NotFound);
      const many = Array.from({ length: 6 }, () => registry().addSecret(made.clientId, secret(), 4));
      expect((await Promise.all(many)).filter(Boolean)).toHaveLength(2);
    });

    it('lose each secret at its end', async () => {
      const made = registration();
      const [kept, ending] = [secret(), secret({ expiresAt: clock.now() + 1_000 })];
      await registry().registerClient(made, kept);
      await registry().addSecret(made.clientId, ending, 10);
      const found = async () => {
        const client = await storage().clients.findClient(made.clientId);
        return [client?.secretHashes.length, client?.secretsLiveUntil];
      };
      expect(await found()).toEqual([2, ending.expiresAt]);
      clock.tick(1_000);
      expect(await found()).toEqual([1, undefined]);
      expect(await registry().listSecrets(made.clientId)).toEqual([kept]);
      while ((await storage().janitor.sweepExpired(10)) > 0);
      expect(await registry().deleteSecret(made.clientId, ending.id)).toBe(false);
    });

    it('need no secret', async () => {
      const made = registration();
      await registry().registerClient(made, undefined);
      expect(await registry().listSecrets(made.clientId)).toEqual([]);
      expect((await storage().clients.findClient(made.clientId))?.secretHashes).toEqual([]);
    });

    it('with a registration token may have names that others have', async () => {
      const [owner, name] = [someone(), 'The app'];
      const byToken = () => registration({ owner, name, registrationTokenHash: hash().toString('hex') });
      const [first, second] = [byToken(), byToken()];
      await registry().registerClient(first, secret());
      await registry().registerClient(second, secret());
      expect(await registry().findRegistrationByName(owner, name)).toBeUndefined();
      expect(await registry().findRegistration(first.clientId)).toEqual(first);
      const renewed = { registrationTokenHash: hash().toString('hex'), metadata: { clientUri: 'https://example.com' } };
      expect(await registry().updateRegistration(first.clientId, renewed)).toEqual({ ...first, ...renewed });
      const named = registration({ owner, name });
      await registry().registerClient(named, secret());
      expect(await registry().findRegistrationByName(owner, name)).toEqual(named);
    });

    it('can be given to an application that has no key of that type', async () => {
      const app = application();
      await applications().createApplication(app);
      const [one, other] = [registration(), registration()];
      for (const each of [one, other]) await registry().registerClient(each, secret());
      const change = { applicationId: app.id, keyType: 'SANDBOX', mode: 'MAPPED' } as const;
      expect(await registry().updateRegistration(one.clientId, change)).toEqual({ ...one, ...change });
      expect(await registry().listRegistrations(app.id)).toEqual([{ ...one, ...change }]);
      await expect(registry().updateRegistration(other.clientId, change)).rejects.toThrow(AlreadyExists);
      const nowhere = { ...change, applicationId: 'none' };
      await expect(registry().updateRegistration(other.clientId, nowhere)).rejects.toThrow(NotFound);
    });

    it('are deleted once', async () => {
      const clientId = await registerClient(storage());
      const deleted = await Promise.all([1, 2, 3].map(() => registry().deleteRegistration(clientId)));
      expect(deleted.filter(Boolean)).toHaveLength(1);
      expect(await registry().listSecrets(clientId)).toEqual([]);
    });
  });
}
