import type { RevocationMessage } from '@keygate/proto/keymanager/v1/revocation';
import type { RevocationRecord } from '../storage/feeds.js';
import type { FeedHub } from './feed-hub.js';
import { revocationMessage } from './revocation-messages.js';

const heartbeatMillis = 1_000;

/**
 * What gateways follow to learn of revocations: everything after their cursor in order, a heartbeat with the newest
 * sequence number each second, and a reset when what they missed is gone.
 */
export class RevocationStream {
  constructor(private readonly hub: FeedHub<RevocationRecord>) {}

  async *watch(cursor: number, signal: AbortSignal): AsyncGenerator<RevocationMessage> {
    // 0: a gateway that holds nothing has missed nothing.
    let position = cursor === 0 ? this.hub.position : cursor;
    if (await this.hub.caughtUp()) yield heartbeat(position);
    while (!signal.aborted && !this.hub.closed) {
      const entries = await this.hub.since(position);
      if (!entries) {
        position = this.hub.position;
        yield { content: { $case: 'reset', reset: position } };
        continue;
      }
      for (const { item } of entries) {
        yield { content: { $case: 'revocation', revocation: revocationMessage(item) } };
        position = item.seq;
        if (signal.aborted) return;
      }
      if (entries.length > 0) continue;
      await this.hub.changed(position, heartbeatMillis, signal);
      if (this.hub.position > position || !(await this.hub.caughtUp())) continue;
      if (this.hub.position <= position && !this.hub.closed && !signal.aborted) yield heartbeat(position);
    }
  }
}

const heartbeat = (seq: number): RevocationMessage => ({ content: { $case: 'heartbeat', heartbeat: seq } });
