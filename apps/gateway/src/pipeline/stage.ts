import type { Exchange } from './exchange.js';

/**
 * One step on a request's way. It reads and adds facts on the exchange, and ends the request by throwing a
 * GatewayError (or, for CORS, by `exchange.answer`); it never writes to the client itself. Only `proxy` does.
 */
export interface Stage {
  readonly name: string;
  run(exchange: Exchange): void | Promise<void>;
}
