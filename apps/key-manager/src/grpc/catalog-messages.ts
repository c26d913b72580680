import type {
  Application as ApplicationMessage,
  CatalogSnapshot,
  ConsumerKey,
  SigningKey as SigningKeyMessage,
  Subscription as SubscriptionMessage,
} from '@keygate/proto/keymanager/v1/catalog';
import { toCatalogApi } from '../apis/catalog-api.js';
import type { GatewaySecrets } from '../apis/gateway-secrets.js';
import type { Application, ClientRegistration } from '../applications/application.js';
import type { CatalogFeed } from '../storage/feeds.js';
import type { SigningKey } from '../storage/ports.js';
import type { Subscription } from '../subscriptions/subscription.js';
import { foreignKeyMessage, keyManagerMessage } from './key-manager-messages.js';
import { keyTypeMessage } from './key-type.js';
import { denyRuleMessage, throttlingPolicyMessage } from './policy-messages.js';

export function applicationMessage(application: Application): ApplicationMessage {
  const { id, name, owner, tenantDomain, throttlingPolicy, status, attributes } = application;
  return { id, name, owner, tenantDomain, throttlingTier: throttlingPolicy, status, attributes: { ...attributes } };
}

/** Undefined for a client that gateways have no business with: it belongs to no application, or was revoked. */
export function consumerKeyMessage(registration: ClientRegistration): ConsumerKey | undefined {
  const { clientId, applicationId, keyType, active } = registration;
  if (applicationId === undefined || !active) return undefined;
  return { consumerKey: clientId, applicationId, keyType: keyTypeMessage(keyType) };
}

export function subscriptionMessage(subscription: Subscription): SubscriptionMessage {
  const { id, applicationId, apiId, throttlingPolicy, status } = subscription;
  return { id, applicationId, apiId, throttlingTier: throttlingPolicy, status };
}

/** What gateways have to know of signing keys beside the keys. */
export interface KeySetFacts {
  readonly maxAgeSeconds: number;
  /** Empty when key managers name themselves by their own addresses, which may be several. */
  readonly issuer: string;
}

export function signingKeyMessage({ kid, alg, publicJwk }: SigningKey, facts: KeySetFacts): SigningKeyMessage {
  return { kid, alg, publicJwk: JSON.stringify(publicJwk), ...facts };
}

type Snapshot = Awaited<ReturnType<CatalogFeed['snapshot']>>;

export function snapshotMessage(snapshot: Snapshot, facts: KeySetFacts, secrets: GatewaySecrets): CatalogSnapshot {
  return {
    revision: snapshot.revision,
    apis: snapshot.apis.map((api) => toCatalogApi(api, secrets)),
    applications: snapshot.applications.map(applicationMessage),
    consumerKeys: [
      ...snapshot.consumerKeys.flatMap((registration) => consumerKeyMessage(registration) ?? []),
      ...snapshot.foreignKeys.map(foreignKeyMessage),
    ],
    subscriptions: snapshot.subscriptions.map(subscriptionMessage),
    throttlingPolicies: snapshot.throttlingPolicies.map(throttlingPolicyMessage),
    denyRules: snapshot.denyRules.map(denyRuleMessage),
    keyManagers: snapshot.keyManagers.flatMap((each) => keyManagerMessage(each) ?? []),
    signingKeys: snapshot.signingKeys.map((key) => signingKeyMessage(key, facts)),
  };
}
