import type { CatalogChange } from '@keygate/proto/keymanager/v1/catalog';
import { toCatalogApi } from '../apis/catalog-api.js';
import type { GatewaySecrets } from '../apis/gateway-secrets.js';
import type { ApplicationStore, ClientRegistry } from '../applications/application-store.js';
import type { ForeignKeyStore, KeyManagerStore } from '../key-managers/key-manager-store.js';
import type { DenyRuleStore } from '../policies/deny-rule.js';
import { type PolicyStore, parseResetId } from '../policies/policy-store.js';
import type { CatalogEntity, CatalogFeed } from '../storage/feeds.js';
import type { SigningKeyStore } from '../storage/ports.js';
import type { SubscriptionStore } from '../subscriptions/subscription-store.js';
import { superTenant } from '../users/user-name.js';
import {
  applicationMessage,
  consumerKeyMessage,
  type KeySetFacts,
  signingKeyMessage,
  subscriptionMessage,
} from './catalog-messages.js';
import { foreignKeyMessage, keyManagerMessage } from './key-manager-messages.js';
import { denyRuleMessage, throttlingPolicyMessage } from './policy-messages.js';

/** What the entities of the catalogue are read from. */
export interface ChangePorts {
  readonly catalogFeed: Pick<CatalogFeed, 'findDeployedApi'>;
  readonly applications: Pick<ApplicationStore, 'findApplication'>;
  readonly clientRegistry: Pick<ClientRegistry, 'findRegistration'>;
  readonly subscriptions: Pick<SubscriptionStore, 'findSubscription'>;
  readonly signingKeys: Pick<SigningKeyStore, 'listSigningKeys'>;
  readonly keyManagers: Pick<KeyManagerStore, 'findKeyManagerById'>;
  readonly foreignKeys: Pick<ForeignKeyStore, 'findForeignKey'>;
  readonly policies: Pick<PolicyStore, 'findPolicyById'>;
  readonly denyRules: Pick<DenyRuleStore, 'findDenyRule'>;
}

interface Watching {
  readonly environment: string;
  readonly keySet: KeySetFacts;
  readonly secrets: GatewaySecrets;
}

type Change = NonNullable<CatalogChange['change']>;
type Reader = (ports: ChangePorts, id: string, watching: Watching) => Promise<Change>;

/** What an entity is now, or that it is gone, in the form that is sent. */
export const changeReaders: Readonly<Record<CatalogEntity, Reader>> = {
  async api({ catalogFeed }, id, { environment, secrets }) {
    const deployed = await catalogFeed.findDeployedApi(id, environment);
    const api = deployed && toCatalogApi(deployed, secrets);
    return api ? { $case: 'api', api } : { $case: 'apiDeleted', apiDeleted: id };
  },
  async application({ applications }, id) {
    const found = await applications.findApplication(id);
    return found
      ? { $case: 'application', application: applicationMessage(found) }
      : { $case: 'applicationDeleted', applicationDeleted: id };
  },
  async consumer_key({ clientRegistry, foreignKeys }, id) {
    const found = await clientRegistry.findRegistration(id);
    const foreign = found ? undefined : await foreignKeys.findForeignKey(id);
    const consumerKey = foreign ? foreignKeyMessage(foreign) : found && consumerKeyMessage(found);
    return consumerKey
      ? { $case: 'consumerKey', consumerKey }
      : { $case: 'consumerKeyDeleted', consumerKeyDeleted: id };
  },
  async key_manager({ keyManagers }, id) {
    const found = await keyManagers.findKeyManagerById(id);
    const keyManager = found && keyManagerMessage(found);
    return keyManager ? { $case: 'keyManager', keyManager } : { $case: 'keyManagerDeleted', keyManagerDeleted: id };
  },
  async subscription({ subscriptions }, id) {
    const found = await subscriptions.findSubscription(id);
    return found
      ? { $case: 'subscription', subscription: subscriptionMessage(found) }
      : { $case: 'subscriptionDeleted', subscriptionDeleted: id };
  },
  async signing_key({ signingKeys }, id, { keySet }) {
    const found = (await signingKeys.listSigningKeys(superTenant)).find(({ kid }) => kid === id);
    return found
      ? { $case: 'signingKey', signingKey: signingKeyMessage(found, keySet) }
      : { $case: 'signingKeyDeleted', signingKeyDeleted: id };
  },
  async throttling_policy({ policies }, id) {
    const found = await policies.findPolicyById(id);
    return found
      ? { $case: 'throttlingPolicy', throttlingPolicy: throttlingPolicyMessage(found) }
      : { $case: 'throttlingPolicyDeleted', throttlingPolicyDeleted: id };
  },
  async deny_rule({ denyRules }, id) {
    const found = await denyRules.findDenyRule(id);
    return found
      ? { $case: 'denyRule', denyRule: denyRuleMessage(found) }
      : { $case: 'denyRuleDeleted', denyRuleDeleted: id };
  },
  throttle_reset: async (_ports, id) => ({ $case: 'throttleReset', throttleReset: parseResetId(id) }),
};
