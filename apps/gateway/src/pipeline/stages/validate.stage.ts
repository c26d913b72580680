import type { CompiledMediation, OperationContract } from '../../apis/compiled-mediation.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import { type BodyLimits, hasBody, readBody } from '../mediation/read-body.js';
import type { Ports } from '../ports.js';
import type { Stage } from '../stage.js';

/** Holds a request against the OpenAPI document of its API (WSO2: enableSchemaValidation). */
export function validate({ mediation: limits }: Pick<Ports, 'mediation'>): Stage {
  return {
    name: 'validate',
    run(exchange) {
      const { mediation } = exchange.resource;
      if (mediation !== undefined) return check(exchange, mediation, limits);
    },
  };
}

function check(exchange: Exchange, mediation: CompiledMediation, limits: BodyLimits | undefined): void | Promise<void> {
  if (mediation.isBroken) throw new GatewayError('mediationBroken');
  const { contract } = mediation;
  if (contract === undefined) return;
  const { rawHeaders, route } = exchange;
  const { suffix, query } = route;
  const withBody = hasBody(exchange);
  refuse(held(() => contract.checkHead({ suffix, query, rawHeaders, hasBody: withBody })));
  if (withBody && contract.readsBody(rawHeaders)) return checkBody(exchange, contract, limits);
}

async function checkBody(exchange: Exchange, contract: OperationContract, limits?: BodyLimits): Promise<void> {
  if (limits === undefined) throw new GatewayError('mediationBroken');
  const body = await readBody(exchange, limits);
  refuse(held(() => contract.checkBody(exchange.rawHeaders, body)));
}

/** A schema that cannot be compiled decides nothing, and what was not checked does not pass. */
export function held(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (cause) {
    throw new GatewayError('mediationBroken', { cause });
  }
}

function refuse(problem: string | undefined): void {
  if (problem === undefined) return;
  throw new GatewayError('requestUnfit', { description: `Schema validation failed in the Request: ${problem}` });
}
