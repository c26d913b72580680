import type { CatalogChange, CatalogMessage, CatalogSnapshot } from '@keygate/proto/keymanager/v1/catalog';
import { toCatalogApi } from '../apis/catalog-api.js';
import type { ApplicationStore, ClientRegistry } from '../applications/application-store.js';
import type { CatalogEvent, CatalogFeed } from '../storage/feeds.js';
import type { SigningKeyStore } from '../storage/ports.js';
import type { SubscriptionStore } from '../subscriptions/subscription-store.js';
import { superTenant } from '../users/user-name.js';
import {
  applicationMessage,
  changeOf,
  consumerKeyMessage,
  type KeySetFacts,
  signingKeyMessage,
  snapshotMessage,
  subscriptionMessage,
} from './catalog-messages.js';
import type { FeedHub } from './feed-hub.js';

const heartbeatMillis = 1_000;

export interface CatalogPorts {
  readonly catalogFeed: CatalogFeed;
  readonly applications: Pick<ApplicationStore, 'findApplication'>;
  readonly clientRegistry: Pick<ClientRegistry, 'findRegistration'>;
  readonly subscriptions: Pick<SubscriptionStore, 'findSubscription'>;
  readonly signingKeys: Pick<SigningKeyStore, 'listSigningKeys'>;
}

/** What gateways follow: one snapshot unless they can resume, then every change in order, and a heartbeat each second. */
export class CatalogStream {
  readonly #snapshots = new Map<string, Promise<CatalogSnapshot>>();

  constructor(
    private readonly hub: FeedHub<CatalogEvent>,
    private readonly ports: CatalogPorts,
    private readonly keySet: KeySetFacts,
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
        yield { content: { $case: 'snapshot', snapshot } };
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
      .then((snapshot) => snapshotMessage(snapshot, this.keySet))
      .finally(() => this.#snapshots.delete(environment));
    this.#snapshots.set(environment, reading);
    return reading;
  }

  async #change({ revision, entity, id }: CatalogEvent, environment: string): Promise<CatalogChange> {
    switch (entity) {
      case 'api': {
        const deployed = await this.ports.catalogFeed.findDeployedApi(id, environment);
        const api = deployed && toCatalogApi(deployed);
        return changeOf(revision, api ? { $case: 'api', api } : { $case: 'apiDeleted', apiDeleted: id });
      }
      case 'application': {
        const found = await this.ports.applications.findApplication(id);
        return changeOf(
          revision,
          found
            ? { $case: 'application', application: applicationMessage(found) }
            : { $case: 'applicationDeleted', applicationDeleted: id },
        );
      }
      case 'consumer_key': {
        const found = await this.ports.clientRegistry.findRegistration(id);
        const consumerKey = found && consumerKeyMessage(found);
        return changeOf(
          revision,
          consumerKey ? { $case: 'consumerKey', consumerKey } : { $case: 'consumerKeyDeleted', consumerKeyDeleted: id },
        );
      }
      case 'subscription': {
        const found = await this.ports.subscriptions.findSubscription(id);
        return changeOf(
          revision,
          found
            ? { $case: 'subscription', subscription: subscriptionMessage(found) }
            : { $case: 'subscriptionDeleted', subscriptionDeleted: id },
        );
      }
      case 'signing_key': {
        const found = (await this.ports.signingKeys.listSigningKeys(superTenant)).find(({ kid }) => kid === id);
        return changeOf(
          revision,
          found
            ? { $case: 'signingKey', signingKey: signingKeyMessage(found, this.keySet) }
            : { $case: 'signingKeyDeleted', signingKeyDeleted: id },
        );
      }
    }
  }
}

const heartbeat = (revision: number): CatalogMessage => ({ content: { $case: 'heartbeat', heartbeat: revision } });
