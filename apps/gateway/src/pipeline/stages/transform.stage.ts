import type { CompiledMediation } from '../../apis/compiled-mediation.js';
import type { Answers } from '../answers.js';
import { challenge } from '../challenge.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import { findHeader } from '../header-lines.js';
import { bodyAsXml, xmlTypes } from '../mediation/body-as-xml.js';
import { hasBody } from '../mediation/read-body.js';
import { tapFor } from '../mediation/tap-for.js';
import type { OneTimeTokens, Ports } from '../ports.js';
import type { Stage } from '../stage.js';

type Needed = Pick<Ports, 'mediation' | 'responses' | 'assertions' | 'oneTimeTokens'>;

/** Changes the request as its policies say, tells the backend who calls, and prepares what its answer needs. */
export function transform(ports: Needed, answers: Answers): Stage {
  const { assertions } = ports;
  return {
    name: 'transform',
    run(exchange) {
      const { mediation } = exchange.resource;
      if (assertions !== undefined) exchange.outgoing = { own: [assertions.headerFor(exchange)], edits: noEdits };
      if (mediation !== undefined) return mediate(exchange, mediation, ports, answers);
    },
  };
}

const noEdits: readonly never[] = [];

function mediate(
  exchange: Exchange,
  mediation: CompiledMediation,
  ports: Needed,
  answers: Answers,
): void | Promise<void> {
  if (mediation.oneTimeScopes.length > 0) useOnce(exchange, mediation, ports.oneTimeTokens);
  const edits = mediation.contract?.readsAnswers ? [...mediation.request, uncoded] : mediation.request;
  if (edits.length > 0) exchange.outgoing = { own: exchange.outgoing?.own ?? noEdits, edits };
  if (ports.mediation !== undefined) tapFor(exchange, mediation, { ...ports, limits: ports.mediation }, answers);
  if (mediation.sendsXml && hasBody(exchange)) return sendXml(exchange, mediation, ports);
}

/** An answer that has to be looked at must come as it is. */
const uncoded = { name: 'accept-encoding', key: 'accept-encoding', value: 'identity' } as const;

async function sendXml(exchange: Exchange, mediation: CompiledMediation, { mediation: limits }: Needed): Promise<void> {
  if (limits === undefined) throw new GatewayError('mediationBroken');
  if (!(await bodyAsXml(exchange, limits))) return;
  const edits = [xmlTypes, ...mediation.request, ...(exchange.outgoing?.edits.slice(mediation.request.length) ?? [])];
  exchange.outgoing = { own: exchange.outgoing?.own ?? noEdits, edits };
}

/** A token for one call: what is left of its life is this request. */
function useOnce(
  { token, rawHeaders, api, response }: Exchange,
  { oneTimeScopes }: CompiledMediation,
  oneTimeTokens: OneTimeTokens | undefined,
): void {
  if (token === undefined || !oneTimeScopes.some((scope) => token.scopes.includes(scope))) return;
  const accessToken = / +([^ ]+) *$/.exec(findHeader(rawHeaders, api.authorizationHeader) ?? '')?.[1];
  // One that another key manager issued cannot be ended for the other gateways.
  if (oneTimeTokens === undefined || accessToken === undefined || token.foreign !== undefined) {
    throw new GatewayError('mediationBroken');
  }
  if (!oneTimeTokens.firstUse(accessToken)) {
    throw new GatewayError('invalidCredentials', {
      headers: challenge('invalid_token', 'The access token was good for one call'),
    });
  }
  response.once('close', () => oneTimeTokens.used(accessToken));
}
