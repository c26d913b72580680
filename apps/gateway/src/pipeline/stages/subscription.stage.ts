import type { CompiledSubscription, KeyType } from '../../apis/compiled-catalog.js';
import { challenge } from '../challenge.js';
import { GatewayError } from '../gateway-errors.js';
import type { Stage } from '../stage.js';

/** Checks that the token's application is in use and subscribed to the API (WSO2: validateSubscriptionDetails). */
export function subscription(): Stage {
  return {
    name: 'subscription',
    run(exchange) {
      const { token, api } = exchange;
      if (token === undefined) return;
      const consumer = exchange.catalog.consumers.get(token.clientId);
      if (consumer === undefined) {
        if (api.subscriptionRequired) throw new GatewayError('notSubscribed');
        return;
      }
      const { application, keyType } = consumer;
      if (application.status !== 'APPROVED') {
        throw new GatewayError('invalidCredentials', {
          headers: challenge('invalid_token', 'The application is not active'),
        });
      }
      const found = application.subscriptions.get(api.id);
      if (found === undefined && api.subscriptionRequired) throw new GatewayError('notSubscribed');
      if (found !== undefined && api.subscriptionRequired) checkStatus(found, keyType);
      exchange.subscribed(keyType, application, found);
    },
  };
}

function checkStatus({ status }: CompiledSubscription, keyType: KeyType): void {
  switch (status) {
    case 'UNBLOCKED':
    case 'TIER_UPDATE_PENDING':
      return;
    case 'PROD_ONLY_BLOCKED':
      if (keyType === 'SANDBOX') return;
      throw new GatewayError('subscriptionBlocked', { headers: challenge() });
    case 'BLOCKED':
      throw new GatewayError('subscriptionBlocked', { headers: challenge() });
    default:
      throw new GatewayError('subscriptionInactive', { headers: challenge() });
  }
}
