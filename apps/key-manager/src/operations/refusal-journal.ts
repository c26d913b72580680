import type { Logger } from '@keygate/common/logging';
import type { AuditEvent, AuditLog } from '../oauth2/ports.js';

/** Somebody was not let in. */
export interface NotedRefusal {
  /** What was refused, as in `AuditEvent`: `login.failed`. */
  readonly action: string;
  /** The user or client that was named; whether there is one is not asked. */
  readonly actor: string;
  readonly clientAddress: string;
  /** What repetitions are counted together under: the network, with or without the actor. */
  readonly group: string;
  readonly detail?: Readonly<Record<string, string>>;
}

interface Group {
  readonly event: Omit<NotedRefusal, 'group'>;
  repeated: number;
}

const minuteMillis = 60_000;
/** Groups a minute may begin: with the repetitions, the most rows that any flood adds to the audit log is twice that. */
const maxGroups = 200;
const maxUnwritten = 1_000;
const maxActorLength = 255;

/**
 * Keeps an audit event of every refusal and still a small audit log: the first of a group is recorded at once, what
 * follows is counted and recorded once a minute. Nobody waits for it: an answer must not depend on it, nor its time.
 */
export class RefusalJournal {
  #groups = new Map<string, Group>();
  /** Refusals that found no room for a group of their own. */
  #others = 0;
  #unwritten = 0;
  #written: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly audit: AuditLog,
    private readonly tenantOf: (actor: string) => Promise<string>,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.flush(), minuteMillis).unref();
  }

  /** Says what is counted and waits until it is written. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.flush();
    await this.#written;
  }

  note({ group, ...refusal }: NotedRefusal): void {
    const key = JSON.stringify([refusal.action, group]);
    const known = this.#groups.get(key);
    if (known) {
      known.repeated += 1;
    } else if (this.#groups.size >= maxGroups || this.#unwritten >= maxUnwritten) {
      this.#others += 1;
    } else {
      const event = { ...refusal, actor: refusal.actor.slice(0, maxActorLength) };
      this.#groups.set(key, { event, repeated: 0 });
      this.#write(event, {});
    }
  }

  /** What the minute brought. A group that goes on is only counted in the next one too. */
  flush(): void {
    const ongoing = new Map<string, Group>();
    for (const [key, { event, repeated }] of this.#groups) {
      if (repeated === 0) continue;
      this.#write(event, { repeated });
      ongoing.set(key, { event, repeated: 0 });
    }
    this.#groups = ongoing;
    if (this.#others === 0) return;
    const others = { action: 'login.refused_others', actor: 'many', clientAddress: '' };
    this.#write(others, { repeated: this.#others });
    this.#others = 0;
  }

  /** One after the other: a flood must not take the database's connections. */
  #write({ action, actor, clientAddress, detail }: Group['event'], counted: { repeated?: number }): void {
    this.#unwritten += 1;
    const merged = { ...detail, ...counted };
    const record = async (): Promise<void> => {
      const event: AuditEvent = {
        tenantDomain: await this.tenantOf(actor),
        actor,
        action,
        target: actor,
        clientAddress: clientAddress || undefined,
        detail: Object.keys(merged).length > 0 ? merged : undefined,
      };
      await this.audit.record(event);
    };
    this.#written = this.#written
      .then(record)
      .catch((error: unknown) => this.logger.error({ err: error, action }, 'a refusal is missing from the audit log'))
      .finally(() => {
        this.#unwritten -= 1;
      });
  }
}
