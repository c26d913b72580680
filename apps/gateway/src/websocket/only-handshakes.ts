import { GatewayError } from '../pipeline/gateway-errors.js';
import type { Stage } from '../pipeline/stage.js';

/** First on the ports of WebSocket APIs: other APIs have ports of their own, which an operator may have closed. */
export const onlyHandshakes: Stage = {
  name: 'only-handshakes',
  run({ upgrade }) {
    if (upgrade === undefined) throw new GatewayError('upgradeRequired', { headers: ['Upgrade', 'websocket'] });
  },
};
