import { drain } from './drain.js';
import type { Exchange } from './exchange.js';
import { writeFault } from './fault-writer.js';
import { GatewayError } from './gateway-errors.js';
import type { RequestObserver } from './ports.js';

/** Edits the headers (names and values in turn) of an answer that is about to be written. */
export type AnswerHook = (exchange: Exchange, headers: string[]) => void;

/** How a request's answer is finished: used by the run loop and by the forwarder, which fails later. */
export interface Answers {
  /** Runs the hooks over the headers of a backend's answer. */
  answering(exchange: Exchange, headers: string[]): void;
  /** Ends the request with a fault; an answer that has begun is cut off, so that nobody takes it as whole. */
  fail(exchange: Exchange, error: unknown): void;
  /** Writes `exchange.ownAnswer`. */
  own(exchange: Exchange): void;
}

export function createAnswers(hooks: readonly AnswerHook[], observer: RequestObserver): Answers {
  const answering = (exchange: Exchange, headers: string[]) => {
    for (const hook of hooks) hook(exchange, headers);
  };
  return {
    answering,
    own(exchange) {
      const { ownAnswer, response, request } = exchange;
      if (ownAnswer === undefined) return;
      const headers = [...ownAnswer.headers];
      answering(exchange, headers);
      response.writeHead(ownAnswer.status, headers);
      response.end(exchange.method === 'HEAD' ? undefined : ownAnswer.body);
      drain(request);
    },
    fail(exchange, error) {
      const known = error instanceof GatewayError ? error : new GatewayError('gatewayBug', { cause: error });
      exchange.fault = known.fault;
      if (known.cause !== undefined) observer.failed(exchange, known.cause);
      if (exchange.response.headersSent || exchange.isAbandoned) {
        exchange.cutOff();
        return;
      }
      const headers = [...known.headers];
      answering(exchange, headers);
      writeFault(exchange, known, headers);
    },
  };
}
