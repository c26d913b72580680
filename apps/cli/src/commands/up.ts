import { ConfigProblems, type Environment } from '@keygate/common/config';
import { createLogger } from '@keygate/common/logging';
import { caCertificateFile } from '@keygate/common/tls';
import type { DemoFacts } from '@keygate/key-manager/admin';
import { Command } from 'commander';
import { keyManagerConfig, roles, sourcesOf, withSettings } from '../configuration.js';
import { demoProblems } from '../exposure.js';
import { isAnotherAdminPassword, keptAdminPassword, rememberAdminPassword } from '../supervisor/admin-password.js';
import { banner } from '../supervisor/banner.js';
import { Cluster, type RunningCluster } from '../supervisor/cluster.js';
import { type ClusterSettings, clusterSettings } from '../supervisor/cluster-settings.js';
import { requireFreePorts } from '../supervisor/free-ports.js';
import {
  claimDataDir,
  type QuickstartFacts,
  removeQuickstart,
  writeQuickstart,
} from '../supervisor/quickstart-file.js';

/** One Ctrl-C may arrive twice: from the terminal, and handed on by npm. */
const sameSignalMillis = 1_000;

const adminUsername = 'admin';

/** `keygate up`: key manager and gateway on this machine, as two processes under a small supervisor. */
export function upCommand(env: Environment): Command {
  const command = new Command('up').description('run a key manager and a gateway on this machine');
  return withSettings(command, ...Object.values(roles))
    .option('--demo', 'with a demo user, application and sample API; loopback only')
    .option('--no-demo', 'without demo data (the default)')
    .addHelpText(
      'after',
      `
Examples:
  $ keygate up --demo
  $ keygate up --demo --port-offset 1     a second cluster beside the first
  $ keygate up --config keygate.yaml`,
    )
    .action(async (options: { demo?: boolean }) => {
      const isDemo = options.demo === true;
      await runCluster(clusterSettings(sourcesOf(command, env), isDemo), isDemo);
    });
}

async function runCluster(settings: ClusterSettings, isDemo: boolean): Promise<void> {
  const { configs, dataDir, portOffset } = settings;
  const problems = isDemo ? demoProblems(configs.gateway.config, configs.keyManager.config) : [];
  if (problems.length > 0) throw new ConfigProblems(problems);
  claimDataDir(dataDir);
  await requireFreePorts(configs, portOffset);
  const adminPassword = await adminPasswordInForce(settings);
  const cluster = new Cluster({ settings, demo: isDemo, adminPassword });
  const signal = stopOnSignal(cluster, dataDir);
  try {
    console.log(`Starting key manager and gateway, data in ${dataDir} …`);
    const running = await cluster.start();
    const facts = factsOf(running, settings, adminPassword);
    rememberAdminPassword(dataDir, adminPassword);
    writeQuickstart(dataDir, facts);
    console.log(banner(facts, cluster.notes));
    await signal.stopped;
  } catch (error) {
    // A start that was interrupted fails in many ways; none of them is news to whoever pressed Ctrl-C.
    if (!signal.wasReceived()) throw error;
  } finally {
    removeQuickstart(dataDir);
    await cluster.stop();
  }
}

/** The configured password or the kept one; put into a database that still has another. */
async function adminPasswordInForce({ configs, dataDir, sources }: ClusterSettings): Promise<string> {
  const configured = configs.keyManager.config.keyManager.adminPassword;
  const password = configured ?? keptAdminPassword(dataDir);
  if (isAnotherAdminPassword(dataDir, password)) {
    console.log('Setting the new admin password …');
    const logger = createLogger({ name: 'up', level: 'warn', format: 'auto' });
    const { setUserPassword } = await import('@keygate/key-manager/admin');
    const { config } = keyManagerConfig(sources);
    await setUserPassword(config, logger, { username: adminUsername, password });
  }
  return password;
}

/** The first signal stops everything in order; a later one kills what is left. */
function stopOnSignal(cluster: Cluster, dataDir: string) {
  let since: number | undefined;
  const stopped = new Promise<void>((resolve, reject) => {
    const stop = () => {
      if (since !== undefined) {
        if (performance.now() - since < sameSignalMillis) return;
        cluster.kill().finally(() => process.exit(1));
        return;
      }
      since = performance.now();
      console.log('\nStopping …');
      removeQuickstart(dataDir);
      cluster.stop().then(resolve, reject);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  });
  // Nobody may be waiting yet when stopping fails; the final stop reports it.
  stopped.catch(() => {});
  return { stopped, wasReceived: () => since !== undefined };
}

function factsOf(
  { urls, demo }: RunningCluster,
  { dataDir, portOffset }: ClusterSettings,
  adminPassword: string,
): QuickstartFacts {
  return {
    pid: process.pid,
    portOffset,
    tokenUrl: `${urls.gateway}/token`,
    revokeUrl: `${urls.gateway}/revoke`,
    gatewayUrl: urls.gateway,
    gatewayHttpUrl: urls.gatewayHttp,
    webSocketUrls: [urls.gatewayWss, urls.gatewayWs],
    managementUrl: urls.keyManager,
    ...(demo ? credentialsOf(demo) : {}),
    adminUsername,
    adminPassword,
    caFile: caCertificateFile(dataDir),
    ...(demo ? { sampleApi: demo.api } : {}),
  };
}

function credentialsOf({ consumerKey, consumerSecret, username, password }: DemoFacts) {
  return { consumerKey, consumerSecret, username, password };
}
