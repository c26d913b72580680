import type { IncomingMessage, ServerResponse } from 'node:http';
import { createAnswers } from './answers.js';
import { clientAddressOf } from './client-address.js';
import { Exchange, type Scheme, type Upgrade } from './exchange.js';
import { onAnswer, pipeline, runStages } from './pipeline.js';
import type { Ports } from './ports.js';
import type { Stage } from './stage.js';

/**
 * Takes every request that is not for a token endpoint. Works for `node:http` and for the HTTP/2 compatibility
 * objects. Register it for `request` and, with `awaitsContinue`, for `checkContinue`: then a client that asks first
 * is told to send its body only once the call has been authorised.
 */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  scheme: Scheme,
  awaitsContinue?: boolean,
  upgrade?: Upgrade,
) => void;

/** `first` is run before everything else. */
export function createRequestHandler(ports: Ports, first: readonly Stage[] = []): RequestHandler {
  const answers = createAnswers(onAnswer, ports.observer);
  const stages = [...first, ...pipeline(ports, answers)];
  const isTrusted = ports.settings.isTrustedProxy;
  return (request, response, scheme, awaitsContinue = false, upgrade) => {
    const exchange = new Exchange(request, response, scheme, awaitsContinue, upgrade);
    watchEnd(exchange, ports);
    if (isTrusted !== undefined) {
      exchange.clientAddress = clientAddressOf(exchange.peerAddress, exchange.rawHeaders, isTrusted);
    }
    try {
      const pending = runStages(stages, exchange);
      if (pending === undefined) return answers.own(exchange);
      pending.then(
        () => answers.own(exchange),
        (error: unknown) => answers.fail(exchange, error),
      );
    } catch (error) {
      answers.fail(exchange, error);
    }
  };
}

/** One listener for all requests; the response itself remembers its exchange. */
function watchEnd(exchange: Exchange, { observer }: Ports): void {
  const watched = exchange.response as WatchedResponse;
  watched[exchangeOf] = exchange;
  watched[observerOf] = observer;
  watched.on('close', reportEnd);
}

const exchangeOf = Symbol('exchange');
const observerOf = Symbol('observer');

interface WatchedResponse extends ServerResponse {
  [exchangeOf]?: Exchange;
  [observerOf]?: Ports['observer'];
}

function reportEnd(this: WatchedResponse): void {
  const exchange = this[exchangeOf];
  if (exchange === undefined) return;
  exchange.status = this.headersSent ? this.statusCode : 499;
  exchange.isComplete = this.writableFinished;
  exchange.call?.clientGone();
  this[observerOf]?.ended(exchange);
}
