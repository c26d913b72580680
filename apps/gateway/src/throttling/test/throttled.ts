import { createLogger } from '@keygate/common/logging';
import { type Limit, LimitUnit, ThrottlingLevel, type ThrottlingPolicy } from '@keygate/proto/keymanager/v1/catalog';
import type { CatalogEntities } from '../../apis/catalog-entities.js';
import { compileCatalog } from '../../apis/compile-catalog.js';
import { type Entities, entitiesOf } from '../../apis/test/catalog.js';
import type { Exchange } from '../../pipeline/exchange.js';
import { GatewayError } from '../../pipeline/gateway-errors.js';
import type { TokenFacts } from '../../pipeline/ports.js';
import { subscription } from '../../pipeline/stages/subscription.stage.js';
import { aRoutedExchange, type GivenRequest, settings, someFacts } from '../../pipeline/test/exchange.js';
import { Counters } from '../counters.js';
import { MeterFinder } from '../meter-finder.js';
import { MeterMaker } from '../meter-maker.js';
import { Resets } from '../resets.js';
import type { SharedCounts } from '../shared-counts.js';
import { StrictCounts } from '../strict-counts.js';
import { ThrottleCounts } from '../throttle-counts.js';
import { ThrottleGate } from '../throttle-gate.js';
import { TierSource } from '../tier-source.js';

export const minute = 60_000;

export const requests = (amount: number, windowMillis = minute): Limit => ({
  unit: LimitUnit.LIMIT_UNIT_REQUESTS,
  amount,
  windowMillis,
});

export const bytes = (amount: number): Limit => ({ unit: LimitUnit.LIMIT_UNIT_BYTES, amount, windowMillis: minute });

export const events = (amount: number): Limit => ({ unit: LimitUnit.LIMIT_UNIT_EVENTS, amount, windowMillis: minute });

const levels = {
  application: ThrottlingLevel.THROTTLING_LEVEL_APPLICATION,
  subscription: ThrottlingLevel.THROTTLING_LEVEL_SUBSCRIPTION,
  advanced: ThrottlingLevel.THROTTLING_LEVEL_ADVANCED,
  custom: ThrottlingLevel.THROTTLING_LEVEL_CUSTOM,
} as const;

/** `application 3PerMin` with what it says. */
export function aPolicy(text: string, given: Partial<ThrottlingPolicy> = {}): ThrottlingPolicy {
  const [level = '', name = ''] = text.split(' ');
  return {
    id: `policy ${text}`,
    tenantDomain: 'carbon.super',
    level: levels[level as keyof typeof levels],
    name,
    stopOnQuotaReach: true,
    conditionalGroups: [],
    siddhiQuery: '',
    keyTemplate: '',
    ...given,
  };
}

export interface GivenGate {
  readonly maxCounters?: number;
  readonly shared?: SharedCounts;
  readonly isStrict?: (tier: string | undefined) => boolean;
  readonly tellsLimits?: boolean;
}

export interface GivenCall extends GivenRequest {
  /** Null: a call without a token. */
  readonly token?: Partial<TokenFacts> | null;
}

/** The gate of one gateway, with a clock that stands until it is moved. */
export class ThrottledGateway {
  readonly entities: CatalogEntities;
  readonly counters: Counters;
  readonly counts = new ThrottleCounts();
  readonly gate: ThrottleGate;
  readonly resets: Resets;
  readonly failures: unknown[] = [];
  readonly warnings: string[] = [];
  now: number;

  constructor(entities: Entities | CatalogEntities, given: GivenGate = {}, now = 1_700_000_040_000) {
    this.now = now;
    this.entities = 'revision' in entities ? (entities as CatalogEntities) : entitiesOf(entities as Entities);
    const { maxCounters = 1_000, shared, isStrict = () => false, tellsLimits = true } = given;
    const write = (line: string) => void this.warnings.push(line);
    const logger = createLogger({ name: 'gateway', level: 'warn', format: 'json', destination: { write } });
    this.counters = new Counters({ maxCounters, isShared: shared !== undefined });
    const maker = new MeterMaker(this.counters, new TierSource(logger), isStrict);
    const finder = new MeterFinder(maker);
    const { counters, counts } = this;
    const strict = shared && new StrictCounts(shared, counts);
    const clock = () => this.now;
    const catalog = () => this.catalog;
    this.gate = new ThrottleGate({ counters, counts, finder, now: clock, catalog, strict, tellsLimits });
    this.resets = new Resets({ counters, users: finder.users, shared, catalog, now: clock, logger });
  }

  get catalog() {
    return compileCatalog(this.entities);
  }

  /** A call that has passed all gates before this one. */
  call({ token, ...request }: GivenCall = {}): Exchange {
    const exchange = aRoutedExchange(request, this.catalog);
    if (token === null) return exchange;
    exchange.authenticated(someFacts(token));
    subscription({ settings }).run(exchange);
    return exchange;
  }

  /** What becomes of a call: `passed`, or the fault it ends with. */
  async outcome(given?: GivenCall | Exchange): Promise<string> {
    const exchange = given !== undefined && 'response' in given ? given : this.call(given);
    try {
      await this.gate.admit(exchange, { fail: (_, error) => void this.failures.push(error) });
      return 'passed';
    } catch (error) {
      if (error instanceof GatewayError) return error.fault;
      throw error;
    }
  }

  /** How many of so many calls pass. */
  async passing(count: number, given?: GivenCall): Promise<number> {
    let passed = 0;
    for (let i = 0; i < count; i++) if ((await this.outcome(given)) === 'passed') passed += 1;
    return passed;
  }
}
