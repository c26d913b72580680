/** Facts that are read for tokens and may be remembered for a while. */
export type Facts = 'clients' | 'users' | 'scopes';

const allFacts: readonly Facts[] = ['clients', 'users', 'scopes'];

/**
 * Says that facts may have changed, so that whoever remembers some forgets them. A change made by this process is told
 * before its caller hears that it is done. One made by another process on the same database is told as the database
 * notifies of the commit. While notifications cannot be heard nothing may be remembered at all.
 */
export class FactChanges {
  readonly #listeners = new Set<(facts: Facts) => void>();
  #isHearing = false;

  /** Whether changes made elsewhere would be heard of; otherwise only the database knows. */
  get isHearing(): boolean {
    return this.#isHearing;
  }

  onChange(listener: (facts: Facts) => void): void {
    this.#listeners.add(listener);
  }

  changed(facts: Facts): void {
    for (const listener of this.#listeners) listener(facts);
  }

  /** Notifications are heard from now on, or no longer. What was said in between is unknown, so everything is. */
  hear(isHearing: boolean): void {
    this.#isHearing = isHearing;
    for (const facts of allFacts) this.changed(facts);
  }

  /** Payload of NOTIFY: `facts <kind>`. Others are not ours. */
  notified(payload: string): void {
    const [word, kind] = payload.split(' ');
    const facts = allFacts.find((known) => known === kind);
    if (word === 'facts' && facts !== undefined) this.changed(facts);
  }
}

const readsOnly = /^(find|list|count|has)[A-Z]?/;

/**
 * The same port, except that every verb which is no read is followed by `changed`, before its caller goes on. By name,
 * so that a verb that is added later cannot be forgotten. Also when it fails: the commit may have come through.
 */
export function announcing<Port extends object>(port: Port, changed: () => void): Port {
  const bound = new Map<string | symbol, unknown>();
  const bind = (name: string | symbol): unknown => {
    const member: unknown = Reflect.get(port, name);
    if (typeof member !== 'function') return member;
    const verb = member.bind(port) as (...parameters: unknown[]) => unknown;
    if (typeof name === 'symbol' || readsOnly.test(name)) return verb;
    return async (...parameters: unknown[]) => {
      try {
        return await verb(...parameters);
      } finally {
        changed();
      }
    };
  };
  return new Proxy(port, {
    get(_port, name) {
      if (!bound.has(name)) bound.set(name, bind(name));
      return bound.get(name);
    },
  });
}
