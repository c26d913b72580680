import type { CatalogChange, CatalogMessage, CatalogSnapshot } from '@keygate/proto/keymanager/v1/catalog';
import type { GatewaySecrets } from '../apis/gateway-secrets.js';
import type { CatalogEvent, CatalogFeed } from '../storage/feeds.js';
import { type ChangePorts, changeReaders } from './catalog-changes.js';
import { type KeySetFacts, snapshotMessage } from './catalog-messages.js';
import type { FeedHub } from './feed-hub.js';
import { snapshotParts } from './snapshot-parts.js';

const heartbeatMillis = 1_000;

export interface CatalogPorts extends ChangePorts {
  readonly catalogFeed: CatalogFeed;
}

/** What gateways follow: one snapshot unless they can resume, then every change in order, and a heartbeat each second. */
export class CatalogStream {
  readonly #snapshots = new Map<string, Promise<CatalogSnapshot>>();

  constructor(
    private readonly hub: FeedHub<CatalogEvent>,
    private readonly ports: CatalogPorts,
    private readonly keySet: KeySetFacts,
    private readonly secrets: GatewaySecrets,
  ) {}

  async *watch(revision: number, environment: string, signal: AbortSignal): AsyncGenerator<CatalogMessage> {
    let position = revision;
    let isFollowing = revision > 0;
    // Said first, so that a gateway that resumes knows at once that it is heard.
    if (isFollowing) yield heartbeat(position);
    while (!signal.aborted && !this.hub.closed) {
      const entries = isFollowing ? await this.hub.since(position) : undefined;
      if (!entries) {
        const snapshot = await this.#snapshot(environment);
        for (const part of snapshotParts(snapshot)) {
          yield part;
          if (signal.aborted) return;
        }
        position = snapshot.revision;
        isFollowing = true;
        continue;
      }
      for (const { item } of entries) {
        yield { content: { $case: 'change', change: await this.#change(item, environment) } };
        position = item.revision;
        if (signal.aborted) return;
      }
      if (entries.length > 0) continue;
      await this.hub.changed(position, heartbeatMillis, signal);
      if (this.hub.position <= position && !this.hub.closed && !signal.aborted) yield heartbeat(position);
    }
  }

  /** One read for all gateways that ask at the same time, as they do after a restart of the key manager. */
  #snapshot(environment: string): Promise<CatalogSnapshot> {
    const pending = this.#snapshots.get(environment);
    if (pending) return pending;
    const reading = this.ports.catalogFeed
      .snapshot(environment)
      .then((snapshot) => snapshotMessage(snapshot, this.keySet, this.secrets))
      .finally(() => this.#snapshots.delete(environment));
    this.#snapshots.set(environment, reading);
    return reading;
  }

  async #change({ revision, entity, id }: CatalogEvent, environment: string): Promise<CatalogChange> {
    const change = await changeReaders[entity](this.ports, id, {
      environment,
      keySet: this.keySet,
      secrets: this.secrets,
    });
    return { revision, change };
  }
}

const heartbeat = (revision: number): CatalogMessage => ({ content: { $case: 'heartbeat', heartbeat: revision } });
