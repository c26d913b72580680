import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { Logger } from '@keygate/common/logging';
import type { CatalogMessage, ThrottleReset } from '@keygate/proto/keymanager/v1/catalog';
import { CatalogEntities } from '../apis/catalog-entities.js';
import type { CompileSettings } from '../apis/compile-api.js';
import { compilingCatalog } from '../apis/compile-catalog.js';
import type { CompiledCatalog } from '../apis/compiled-catalog.js';
import { inSlices } from '../apis/in-slices.js';
import type { CatalogSource } from '../pipeline/ports.js';
import type { CatalogFile } from './catalog-file.js';
import type { KeyManagerClient } from './key-manager.client.js';
import { RewindDetector } from './rewind-detector.js';
import { SupervisedStream } from './supervised-stream.js';

export interface CatalogStreamOptions {
  readonly client: Pick<KeyManagerClient, 'watchCatalog'>;
  readonly file: CatalogFile;
  readonly logger: Logger;
  readonly environment: string;
  readonly gatewayId: string;
  /** Where APIs say nothing of their own. */
  readonly compile?: CompileSettings;
  /** Counters have to start again; told once, in the order of changes. */
  readonly onThrottleReset?: (reset: ThrottleReset, revision: number) => void;
  /** Called after every swap. */
  readonly onSwap?: (catalog: CompiledCatalog) => void;
}

/** A catalogue that takes longer to compile, milliseconds, is not compiled again at once; and how long it rests at most. */
const restsAbove = 20;
const longestRest = 500;

/**
 * Keeps the compiled catalogue up to date. Entities change as messages arrive; requests only ever see a finished
 * snapshot, swapped by one assignment, so a burst of changes is compiled once. Compiling pauses for requests.
 */
export class CatalogStream implements CatalogSource {
  private entities = new CatalogEntities();
  /** A snapshot of which not all has come yet. */
  private incoming: CatalogEntities | undefined;
  private readonly options: CatalogStreamOptions;
  private readonly stream: SupervisedStream<CatalogMessage>;
  private compiled: CompiledCatalog | undefined;
  private isCompiling = false;
  /** There are changes that no compiled catalogue is sure to have. */
  private isStale = false;
  private isStopped = false;
  /** The revision to resume from; 0 until this process has heard from a key manager. */
  private resumeFrom = 0;
  private readonly rewind = new RewindDetector();
  private knownProblems = '';

  constructor(options: CatalogStreamOptions) {
    this.options = options;
    const { client, logger, environment, gatewayId } = options;
    this.stream = new SupervisedStream<CatalogMessage>({
      name: 'catalogue',
      logger,
      open: () => {
        this.incoming = undefined;
        return client.watchCatalog({ revision: this.resumeFrom, environment, gatewayId });
      },
      onMessage: (message) => this.accept(message),
    });
  }

  current(): CompiledCatalog | undefined {
    return this.compiled;
  }

  get isLive(): boolean {
    return this.stream.isLive;
  }

  /** Loads the copy on disk, if any, then follows the key manager. Resolves before the stream has answered. */
  async start(): Promise<void> {
    const snapshot = await this.options.file.load();
    if (snapshot !== undefined) {
      this.entities.apply({ content: { $case: 'snapshot', snapshot } });
      this.swap(await inSlices(compilingCatalog(this.entities, this.options.compile)));
      this.options.logger.info({ revision: snapshot.revision, apis: snapshot.apis.length }, 'catalogue copy loaded');
    }
    this.stream.start();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.stream.stop();
    await this.options.file.flush();
  }

  /** A copy from disk is never resumed from: it may come from a key manager whose database is gone. */
  private accept(message: CatalogMessage): void {
    if (message.content?.$case === 'heartbeat' && this.rewind.sees(message.content.heartbeat, this.entities.revision)) {
      this.resumeFrom = 0;
      throw new Error('the key manager went back to an older revision; asking for a snapshot');
    }
    const changed = this.take(message);
    // Half a snapshot is nothing to resume from.
    if (this.incoming !== undefined) return;
    this.resumeFrom = this.entities.revision;
    if (message.content?.$case === 'snapshot')
      this.options.logger.info({ revision: this.entities.revision }, 'catalogue received');
    if (!changed) return;
    this.isStale = true;
    if (this.isCompiling) return;
    this.isCompiling = true;
    void this.compile().finally(() => {
      this.isCompiling = false;
    });
  }

  /** Until there is nothing new: what changes while it runs may be missing from its result. */
  private async compile(): Promise<void> {
    while (this.isStale && !this.isStopped) {
      // What has arrived together is compiled together.
      await turn();
      this.isStale = false;
      const began = performance.now();
      this.swap(await inSlices(compilingCatalog(this.entities, this.options.compile)));
      this.options.file.saveSoon(() => this.entities.toSnapshot());
      // At most half of the processor, however many APIs there are and however often they change.
      const took = performance.now() - began;
      if (took > restsAbove) await pause(Math.min(longestRest, took));
    }
  }

  /** True when there is something new to compile. */
  private take(message: CatalogMessage): boolean {
    this.tellReset(message);
    if (message.content?.$case !== 'snapshot') return this.entities.apply(message);
    const { snapshot } = message.content;
    this.incoming ??= new CatalogEntities();
    this.incoming.add(snapshot);
    if (snapshot.more === true) return false;
    this.entities = this.incoming;
    this.incoming = undefined;
    return true;
  }

  private tellReset({ content }: CatalogMessage): void {
    if (content?.$case !== 'change' || content.change.change?.$case !== 'throttleReset') return;
    const { revision, change } = content.change;
    if (revision > this.entities.revision) this.options.onThrottleReset?.(change.throttleReset, revision);
  }

  private swap(compiled: CompiledCatalog): void {
    this.compiled = compiled;
    this.reportProblems(compiled.problems);
    this.options.onSwap?.(compiled);
  }

  /** Each swap names the same problems again; only news is worth a line. */
  private reportProblems(problems: readonly string[]): void {
    const text = problems.join('\n');
    if (text !== '' && text !== this.knownProblems)
      this.options.logger.warn({ problems }, 'parts of the catalogue are left out');
    this.knownProblems = text;
  }
}
