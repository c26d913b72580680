import type { CompiledApi, CompiledConsumer, CompiledSubscription, KeyType } from '../../apis/compiled-catalog.js';
import { apiChallenge } from '../challenge.js';
import { checkEnvironment } from '../credentials/environment.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import type { Ports, TokenFacts } from '../ports.js';
import type { Stage } from '../stage.js';

/** Checks that the token's application is in use and subscribed to the API (WSO2: validateSubscriptionDetails). */
export function subscription({ settings }: Pick<Ports, 'settings'>): Stage {
  return {
    name: 'subscription',
    run(exchange) {
      const { token, api } = exchange;
      if (token === undefined) return;
      const consumer = needsNone(token) ? undefined : consumerOf(exchange, token);
      checkEnvironment(exchange, consumer?.keyType ?? exchange.keyType ?? token.keyType, settings.onlyKeyType);
      if (consumer === undefined) {
        if (api.subscriptionRequired && !needsNone(token)) throw new GatewayError('notSubscribed');
        return;
      }
      const { application, keyType } = consumer;
      if (application.status !== 'APPROVED') {
        const error = token.kind === 'API_KEY' ? undefined : 'invalid_token';
        throw new GatewayError('invalidCredentials', {
          headers: apiChallenge(api.security, error, error && 'The application is not active'),
        });
      }
      const found = application.subscriptions.get(api.id);
      if (found === undefined && api.subscriptionRequired) throw new GatewayError('notSubscribed');
      if (found !== undefined && api.subscriptionRequired) checkStatus(found, keyType, api);
      exchange.subscribed(keyType, application, found);
    },
  };
}

/** WSO2: passwords and certificates open an API by themselves; internal keys are its publisher's. */
function needsNone({ kind }: TokenFacts): boolean {
  return kind === 'USER' || kind === 'CERTIFICATE' || kind === 'INTERNAL';
}

function consumerOf({ catalog }: Exchange, token: TokenFacts): CompiledConsumer | undefined {
  if (token.foreign !== undefined) return catalog.foreignConsumers.get(token.foreign.consumer);
  if (token.kind !== 'API_KEY') return catalog.consumers.get(token.clientId);
  // No consumer key stands between an API key and its application.
  const application = catalog.applications.get(token.applicationId);
  return application && { application, keyType: token.keyType };
}

function checkStatus({ status }: CompiledSubscription, keyType: KeyType, { security }: CompiledApi): void {
  switch (status) {
    case 'UNBLOCKED':
    case 'TIER_UPDATE_PENDING':
      return;
    case 'PROD_ONLY_BLOCKED':
      if (keyType === 'SANDBOX') return;
      throw new GatewayError('subscriptionBlocked', { headers: apiChallenge(security) });
    case 'BLOCKED':
      throw new GatewayError('subscriptionBlocked', { headers: apiChallenge(security) });
    default:
      throw new GatewayError('subscriptionInactive', { headers: apiChallenge(security) });
  }
}
