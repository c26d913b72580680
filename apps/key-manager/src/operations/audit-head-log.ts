import type { Logger } from '@keygate/common/logging';
import { formatHead } from '../audit/audit-chain.js';
import type { AuditTrail } from '../audit/audit-trail.js';

/**
 * Writes the head of the audit log to the process log now and then. Whoever rewrites the whole chain in the database
 * does not reach the log of yesterday.
 */
export class AuditHeadLog {
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #last = '';

  constructor(
    private readonly trail: Pick<AuditTrail, 'head'>,
    private readonly logger: Logger,
    /** 0: never. */
    private readonly everyMillis: number,
  ) {}

  start(): void {
    if (this.everyMillis === 0) return;
    this.#timer = setInterval(() => {
      this.#writing = this.#write();
    }, this.everyMillis);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      const head = formatHead(await this.trail.head());
      if (head !== this.#last) this.logger.info({ head }, 'head of the audit log');
      this.#last = head;
    } catch (error) {
      this.logger.warn({ err: error }, 'the head of the audit log could not be read');
    }
  }
}
