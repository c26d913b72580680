import type { Logger } from '@keygate/common/logging';
import type { ThrottleReset } from '@keygate/proto/keymanager/v1/catalog';
import type { CompiledCatalog } from '../apis/compiled-catalog.js';
import type { Counter } from './counter.js';
import type { Counters } from './counters.js';
import type { SharedCounts } from './shared-counts.js';
import { type UserMeters, userCounters } from './user-meters.js';

export interface ResetsOptions {
  readonly counters: Counters;
  readonly users: UserMeters;
  readonly shared: SharedCounts | undefined;
  readonly catalog: () => CompiledCatalog | undefined;
  readonly now: () => number;
  readonly logger: Logger;
}

/**
 * Starts the counters of an application's users again. Every gateway hears of a reset and asks Redis for it; Redis does it
 * once for each revision, so that a gateway that hears late does not forget what was counted since.
 */
export class Resets {
  readonly #options: ResetsOptions;

  constructor(options: ResetsOptions) {
    this.#options = options;
  }

  /** Answers when Redis has been asked as well. */
  async reset({ applicationId, user }: ThrottleReset, revision: number): Promise<void> {
    const { now, shared, logger } = this.#options;
    const counters = this.#counters(applicationId, user);
    for (const counter of counters) {
      counter.at(now());
      counter.reset();
    }
    if (shared === undefined) return;
    const turns = counters.map((counter) => counter.turns);
    const asked = counters.map((counter) => shared.reset(counter, revision));
    for (const [i, result] of (await Promise.allSettled(asked)).entries()) {
      if (result.status === 'fulfilled') counters[i]?.learn(result.value, turns[i] ?? 0);
      else
        logger.warn({ applicationId }, 'a counter could not be reset in redis; it starts again at this gateway only');
    }
  }

  #counters(applicationId: string, user: string): readonly Counter[] {
    const { counters, catalog, users } = this.#options;
    const current = catalog();
    const application = current?.applications.get(applicationId);
    if (current === undefined || application === undefined) return [];
    // For all users together, which takes a look at every counter, those are reset that any gateway knows.
    if (user === '') return counters.startingWith(application.tenantDomain, userCounters(applicationId));
    // One user's is made if it is not here, because Redis may have it from other gateways.
    const meter = users.of(current.limits, application, user);
    return meter === undefined ? [] : [meter.counter];
  }
}
