import type { Mediation, Resource } from '@keygate/proto/keymanager/v1/catalog';
import { type Contracts, createContracts } from '../mediation/contracts.js';
import { compilePolicies } from './compile-policies.js';
import type { CompiledMediation, HeaderEdit } from './compiled-mediation.js';

/** Longest time an answer may be given again: a day. */
const maxCacheSeconds = 86_400;

/** Says what is done to requests and answers: of the API as a whole (faults without a resource), and of each resource. */
export class MediationCompiler {
  readonly #contracts: Contracts | string | undefined;

  constructor(
    private readonly ofApi: Mediation | undefined,
    private readonly problems: string[],
  ) {
    const document = ofApi?.validatedBy ?? '';
    if (document !== '') this.#contracts = createContracts(document);
    if (typeof this.#contracts === 'string') problems.push(`nothing is served: ${this.#contracts}`);
  }

  /** Undefined when there is nothing to do. */
  api(): CompiledMediation | undefined {
    return this.ofApi && this.#compile([this.ofApi], undefined, 'the API');
  }

  resource({
    verb,
    target,
    mediation,
  }: Pick<Resource, 'verb' | 'target' | 'mediation'>): CompiledMediation | undefined {
    const parts = [this.ofApi, mediation].filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : this.#compile(parts, { verb, target }, `${verb} ${target}`);
  }

  #compile(
    parts: readonly Mediation[],
    operation: Pick<Resource, 'verb' | 'target'> | undefined,
    where: string,
  ): CompiledMediation | undefined {
    const problems: string[] = [];
    const policies = compilePolicies(parts, problems);
    const contract = operation && this.#contractOf(operation, problems);
    for (const problem of problems) this.problems.push(`${where} is not served: ${problem}`);
    const compiled: CompiledMediation = {
      ...policies,
      cacheSeconds: Math.min(maxCacheSeconds, Math.max(0, ...parts.map(({ cacheSeconds }) => cacheSeconds))),
      contract,
      isBroken: problems.length > 0 || typeof this.#contracts === 'string',
    };
    return isIdle(compiled) ? undefined : compiled;
  }

  #contractOf({ verb, target }: Pick<Resource, 'verb' | 'target'>, problems: string[]) {
    if (this.#contracts === undefined || typeof this.#contracts === 'string') return undefined;
    const contract = this.#contracts.of(verb, target);
    if (typeof contract !== 'string') return contract;
    problems.push(contract);
    return undefined;
  }
}

function isIdle({ request, response, fault, ...rest }: CompiledMediation): boolean {
  const edits: readonly (readonly HeaderEdit[])[] = [request, response, fault];
  return (
    edits.every(({ length }) => length === 0) &&
    !rest.sendsXml &&
    rest.oneTimeScopes.length === 0 &&
    rest.cacheSeconds === 0 &&
    rest.contract === undefined &&
    !rest.isBroken
  );
}
