import type { Logger } from '@keygate/common/logging';
import { Client } from 'pg';

const minDelayMillis = 100;
const maxDelayMillis = 5_000;

/** Who hears notifications, and whether any can be heard at all. */
export interface NotificationEar {
  notified(payload: string): void;
  hearing(isHearing: boolean): void;
}

/** A connection of its own that does nothing but LISTEN, and comes back when it was lost. */
export class PostgresListener {
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #delay = minDelayMillis;
  #stopped = false;

  constructor(
    private readonly url: string,
    private readonly channel: string,
    private readonly ear: NotificationEar,
    private readonly logger: Logger,
  ) {}

  /** Resolves when listening, or when the first try failed and others will follow. */
  async start(): Promise<void> {
    const client = new Client({
      connectionString: this.url,
      application_name: 'keygate-key-manager listener',
      connectionTimeoutMillis: maxDelayMillis,
      keepAlive: true,
    });
    this.#client = client;
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client));
    client.on('notification', ({ channel, payload }) => {
      if (channel === this.channel) this.ear.notified(payload ?? '');
    });
    try {
      await client.connect();
      await client.query(`listen ${this.channel}`);
      this.#delay = minDelayMillis;
      if (this.#client === client) this.ear.hearing(true);
    } catch (error) {
      this.#lost(client, error as Error);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => undefined);
  }

  #lost(client: Client, error?: Error): void {
    if (this.#stopped || this.#client !== client) return;
    this.#client = undefined;
    this.ear.hearing(false);
    client.end().catch(() => undefined);
    if (this.#delay === minDelayMillis) {
      this.logger.warn(
        { reason: error?.message },
        'notifications of the database are lost, polling until they are back',
      );
    }
    this.#timer = setTimeout(() => void this.start(), this.#delay);
    this.#timer.unref();
    this.#delay = Math.min(maxDelayMillis, this.#delay * 2);
  }
}
