import type {
  Api,
  Application,
  CatalogChange,
  CatalogMessage,
  CatalogSnapshot,
  ConsumerKey,
  DenyRule,
  KeyManager,
  SigningKey,
  Subscription,
  ThrottlingPolicy,
} from '@keygate/proto/keymanager/v1/catalog';

/**
 * The catalogue as the key manager sent it: what `compileCatalog` reads and what is kept on disk. Mutable; only the
 * compiled snapshot is seen by requests.
 */
export class CatalogEntities {
  #revision = 0;
  readonly apis = new Map<string, Api>();
  readonly applications = new Map<string, Application>();
  /** By id, which is the consumer key itself unless another key manager issued it. */
  readonly consumerKeys = new Map<string, ConsumerKey>();
  readonly signingKeys = new Map<string, SigningKey>();
  readonly throttlingPolicies = new Map<string, ThrottlingPolicy>();
  readonly denyRules = new Map<string, DenyRule>();
  readonly keyManagers = new Map<string, KeyManager>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #byApplication = new Map<string, ReadonlyMap<string, Subscription>>();

  /** The newest revision applied; 0 before the first snapshot. */
  get revision(): number {
    return this.#revision;
  }

  /** Subscriptions by id of one application. A change makes a new map, so that its identity says "unchanged". */
  subscriptionsOf(applicationId: string): ReadonlyMap<string, Subscription> {
    return this.#byApplication.get(applicationId) ?? none;
  }

  /** Takes in one message; true when there is something new to compile. Changes already known are ignored. */
  apply(message: CatalogMessage): boolean {
    const content = message.content;
    if (content?.$case === 'snapshot') return this.#replace(content.snapshot);
    if (content?.$case === 'change') return this.#change(content.change);
    return false;
  }

  /** Everything held, in the form that is sent and kept on disk. */
  toSnapshot(): CatalogSnapshot {
    return {
      revision: this.#revision,
      apis: [...this.apis.values()],
      applications: [...this.applications.values()],
      consumerKeys: [...this.consumerKeys.values()],
      subscriptions: [...this.#subscriptions.values()],
      throttlingPolicies: [...this.throttlingPolicies.values()],
      denyRules: [...this.denyRules.values()],
      keyManagers: [...this.keyManagers.values()],
      signingKeys: [...this.signingKeys.values()],
    };
  }

  /** Adds what one message of a snapshot holds. */
  add(snapshot: CatalogSnapshot): void {
    for (const api of snapshot.apis) this.apis.set(api.id, api);
    for (const application of snapshot.applications) this.applications.set(application.id, application);
    for (const key of snapshot.consumerKeys) this.consumerKeys.set(key.id ?? key.consumerKey, key);
    for (const key of snapshot.signingKeys) this.signingKeys.set(key.kid, key);
    for (const policy of snapshot.throttlingPolicies) this.throttlingPolicies.set(policy.id, policy);
    for (const rule of snapshot.denyRules) this.denyRules.set(rule.id, rule);
    for (const keyManager of snapshot.keyManagers) this.keyManagers.set(keyManager.id, keyManager);
    const grouped = this.#byApplication as Map<string, Map<string, Subscription>>;
    for (const subscription of snapshot.subscriptions) {
      this.#subscriptions.set(subscription.id, subscription);
      const siblings = grouped.get(subscription.applicationId);
      if (siblings === undefined) grouped.set(subscription.applicationId, new Map([[subscription.id, subscription]]));
      else siblings.set(subscription.id, subscription);
    }
    this.#revision = snapshot.revision;
  }

  #replace(snapshot: CatalogSnapshot): true {
    for (const map of [
      this.apis,
      this.applications,
      this.consumerKeys,
      this.signingKeys,
      this.throttlingPolicies,
      this.denyRules,
      this.keyManagers,
      this.#subscriptions,
      this.#byApplication,
    ] as Map<string, unknown>[]) {
      map.clear();
    }
    this.add(snapshot);
    return true;
  }

  #change({ revision, change }: CatalogChange): boolean {
    if (revision <= this.#revision) return false;
    this.#revision = revision;
    switch (change?.$case) {
      case 'api':
        this.apis.set(change.api.id, change.api);
        return true;
      case 'apiDeleted':
        return this.apis.delete(change.apiDeleted);
      case 'application':
        this.applications.set(change.application.id, change.application);
        return true;
      case 'applicationDeleted':
        return this.applications.delete(change.applicationDeleted);
      case 'consumerKey':
        this.consumerKeys.set(change.consumerKey.id ?? change.consumerKey.consumerKey, change.consumerKey);
        return true;
      case 'consumerKeyDeleted':
        return this.consumerKeys.delete(change.consumerKeyDeleted);
      case 'subscription':
        this.#dropSubscription(change.subscription.id);
        this.#subscriptions.set(change.subscription.id, change.subscription);
        this.#regroup(change.subscription.applicationId, (siblings) =>
          siblings.set(change.subscription.id, change.subscription),
        );
        return true;
      case 'subscriptionDeleted':
        return this.#dropSubscription(change.subscriptionDeleted);
      case 'throttlingPolicy':
        this.throttlingPolicies.set(change.throttlingPolicy.id, change.throttlingPolicy);
        return true;
      case 'throttlingPolicyDeleted':
        return this.throttlingPolicies.delete(change.throttlingPolicyDeleted);
      case 'denyRule':
        this.denyRules.set(change.denyRule.id, change.denyRule);
        return true;
      case 'denyRuleDeleted':
        return this.denyRules.delete(change.denyRuleDeleted);
      case 'keyManager':
        this.keyManagers.set(change.keyManager.id, change.keyManager);
        return true;
      case 'keyManagerDeleted':
        return this.keyManagers.delete(change.keyManagerDeleted);
      case 'signingKey':
        this.signingKeys.set(change.signingKey.kid, change.signingKey);
        return true;
      case 'signingKeyDeleted':
        return this.signingKeys.delete(change.signingKeyDeleted);
      default:
        return false;
    }
  }

  #dropSubscription(id: string): boolean {
    const known = this.#subscriptions.get(id);
    if (known === undefined) return false;
    this.#subscriptions.delete(id);
    this.#regroup(known.applicationId, (siblings) => siblings.delete(id));
    return true;
  }

  #regroup(applicationId: string, edit: (siblings: Map<string, Subscription>) => void): void {
    const siblings = new Map(this.subscriptionsOf(applicationId));
    edit(siblings);
    if (siblings.size === 0) this.#byApplication.delete(applicationId);
    else this.#byApplication.set(applicationId, siblings);
  }
}

const none: ReadonlyMap<string, Subscription> = new Map();
