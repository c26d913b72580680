import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProcess, temporaryFolder } from '@keygate/common/testing';
import { type Client, httpsClient } from './https-client.js';
import { freeOffset } from './ports.js';
import { type StartOptions, start, startKeygate, waitUntilReady } from './processes.js';
import { type TokenClient, tokenClient } from './token-client.js';

/** `quickstart.json`: what the quickstart tells scripts. */
export interface QuickstartFacts {
  readonly pid: number;
  readonly portOffset: number;
  readonly tokenUrl: string;
  readonly revokeUrl: string;
  readonly gatewayUrl: string;
  readonly gatewayHttpUrl: string;
  readonly webSocketUrls: readonly [string, string];
  readonly managementUrl: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly username: string;
  readonly password: string;
  readonly adminUsername: string;
  readonly adminPassword: string;
  readonly caFile: string;
  readonly sampleApi: {
    readonly context: string;
    readonly version: string;
    readonly readPath: string;
    readonly readScope: string;
    readonly updatePath: string;
    readonly updateMethod: string;
    readonly updateScope: string;
  };
}

export interface Quickstart {
  readonly process: RunningProcess;
  readonly dataDir: string;
  readonly facts: QuickstartFacts;
  readonly client: Client;
  readonly tokens: TokenClient;
  /** URL of the sample API's resource that needs the read scope. */
  readonly readUrl: string;
  readonly updateUrl: string;
  /** SIGINT, as by Ctrl-C: with npm to everything in its process group. Answers how it ended. */
  interrupt(): Promise<ProcessEnd>;
  stop(): Promise<void>;
}

type ProcessEnd = Awaited<RunningProcess['ended']>;

export interface QuickstartOptions {
  readonly offset?: number;
  readonly dataDir?: string;
  /** Where it is started; the data folder is then the default one in it. */
  readonly cwd?: string;
  readonly env?: StartOptions['env'];
  readonly args?: readonly string[];
  /** Run `npm start` instead of the built command. */
  readonly throughNpm?: boolean;
}

export async function startQuickstart(options: QuickstartOptions = {}): Promise<Quickstart> {
  const offset = options.offset ?? (await freeOffset());
  const inFolder =
    options.cwd === undefined ? undefined : join(options.cwd, `.keygate${offset === 0 ? '' : `-${offset}`}`);
  const dataDir = options.dataDir ?? inFolder ?? join(temporaryFolder().path, 'data');
  const env = {
    PORT_OFFSET: String(offset),
    ...(inFolder === undefined ? { KEYGATE_DATA_DIR: dataDir } : {}),
    ...options.env,
  };
  const place = options.cwd === undefined ? {} : { cwd: options.cwd };
  const running = options.throughNpm
    ? // A session of its own, so that its process group can get what Ctrl-C sends on a terminal.
      await start('setsid', ['npm', 'start', '--', ...(options.args ?? [])], { env, name: 'npm start' })
    : await startKeygate(['up', ...(options.args ?? ['--demo'])], {
        env,
        name: `quickstart with offset ${offset}`,
        ...place,
      });
  const file = join(dataDir, 'quickstart.json');
  // The file is written just before the banner, which tests read too.
  const isPrinted = () => running.output().includes('Ctrl-C stops everything');
  await waitUntilReady(running, () => existsSync(file) && isPrinted());
  const facts = JSON.parse(readFileSync(file, 'utf8')) as QuickstartFacts;
  return quickstartAt(running, dataDir, facts, options.throughNpm === true ? -running.pid : running.pid);
}

function quickstartAt(running: RunningProcess, dataDir: string, facts: QuickstartFacts, target: number): Quickstart {
  const client = httpsClient(facts.caFile);
  // The demo password and key pair are printed in the banner on purpose; the rest of the output must stay clean.
  const { sampleApi } = facts;
  const api = `${facts.gatewayUrl}${sampleApi?.context}/${sampleApi?.version}`;
  const interrupt = async () => {
    if (running.isRunning()) {
      process.kill(target, 'SIGINT');
    }
    return running.ended;
  };
  return {
    process: running,
    dataDir,
    facts,
    client,
    tokens: tokenClient(client, facts, facts),
    readUrl: `${api}${sampleApi?.readPath}`,
    updateUrl: `${api}${sampleApi?.updatePath}`,
    interrupt,
    stop: async () => {
      client.close();
      await interrupt();
    },
  };
}
