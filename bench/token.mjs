import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import { growth } from './parts/growth.mjs';
import { passwords } from './parts/passwords.mjs';
import { clientCredentials, compare, introspection, logIn, refresh } from './parts/requests.mjs';
import { store } from './parts/store.mjs';
import { newDatabase, repository, startCluster, startDatabase } from './support/cluster.mjs';
import { startPeer } from './support/peers.mjs';
import { environment, requestTable, table } from './support/report.mjs';

const ours = 'keygate';

/** The suite: starts everything, runs the parts that were asked for, stops everything, writes the table. */
export async function run(settings) {
  const began = Date.now();
  const say = (line) => console.log(`${String(Math.round((Date.now() - began) / 1_000)).padStart(5)} s  ${line}`);
  const folder = mkdtempSync(join(tmpdir(), 'keygate-bench-'));
  const stops = [() => rmSync(folder, { recursive: true, force: true })];
  const wants = (part) => settings.only === undefined || settings.only.includes(part);
  const dispatchers = new Map();
  const dispatcherOf = (server) => {
    if (!dispatchers.has(server)) dispatchers.set(server, new Agent({ connect: { ca: server.ca } }));
    return dispatchers.get(server);
  };
  const context = { ...settings, say, folder, dispatcherOf, stops };
  try {
    say('starting PostgreSQL');
    context.postgres = await startDatabase();
    stops.push(() => context.postgres.stop());
    const sections = [];
    await startClusters(context);
    if (['issue', 'refresh', 'introspect'].some(wants)) sections.push(...(await requests(context, wants)));
    if (wants('store')) {
      const text = await store({ ...context, cluster: context.clusters[0] });
      sections.push({ title: 'Row 9: tokens into PostgreSQL', text });
    }
    if (wants('passwords')) {
      const text = await passwords({ ...context, cluster: context.clusters[0] });
      sections.push({ title: 'Row 10: password grants', text });
    }
    if (wants('growth')) {
      const full = await newCluster(context, `${ours} (full)`, repository);
      const text = await growth({ ...context, empty: context.clusters[0], full });
      sections.push({ title: 'Row 11: a large token table', text });
    }
    const text = report(settings, sections);
    console.log(`\n${text}`);
    const file = settings.out ?? (settings.quick ? undefined : join(repository, 'bench/results/token.md'));
    if (file) writeFileSync(file, text);
    if (file) say(`written to ${file}`);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function startClusters(context) {
  const { say, baseline } = context;
  say('starting key manager and gateway');
  context.clusters = [await newCluster(context, ours, repository)];
  if (baseline) context.clusters.push(await newCluster(context, `${ours} (baseline)`, baseline));
}

/** A cluster with a database of its own on the one server. */
async function newCluster(context, name, checkout, env = {}) {
  const { folder, postgres, stops, dispatcherOf } = context;
  context.databases = (context.databases ?? 0) + 1;
  const databaseUrl = await newDatabase(postgres, `bench_${context.databases}`);
  const cluster = await startCluster({ name, folder, databaseUrl, postgres, checkout, env });
  stops.push(() => cluster.stop());
  cluster.newRefreshTokens = (count) => logIn(cluster, count, dispatcherOf(cluster));
  return cluster;
}

async function requests(context, wants) {
  const { say, folder, clusters, stops } = context;
  say('starting the peers');
  const peer = (name, file, more) =>
    startPeer({ name, file, cluster: clusters[0], folder }).then((one) => ({ ...one, ...more }));
  const oidc = await peer('oidc-provider', 'oidc-provider.mjs', { introspectPath: '/token/introspection' });
  stops.push(() => oidc.stop());
  const oauth2 = await peer('@node-oauth/oauth2-server', 'oauth2-server.mjs', {});
  stops.push(() => oauth2.stop());

  const sections = [];
  const part = async (name, title, kind, servers) => {
    if (!wants(name)) return;
    const measured = await compare(name, kind, servers, context);
    sections.push({ title, text: requestTable(measured, ours, 'oidc-provider') });
  };
  if (wants('issue')) {
    const silent = await newCluster(context, `${ours}, log off`, repository, { LOG_LEVEL: 'warn' });
    const all = [clusters[0], silent, ...clusters.slice(1), oidc, oauth2];
    await part('issue', 'Row 8: client credentials, end to end', clientCredentials, all);
    await silent.stop();
  }
  await part('refresh', 'Refresh with rotation', refresh, [...clusters, oidc, oauth2]);
  await part('introspect', 'Introspection', introspection, [...clusters, oidc]);
  return sections;
}

function report(settings, sections) {
  const { command, rounds, seconds, connections } = settings;
  const head = [
    '# Token benchmarks',
    '',
    `\`${command}\`: ${rounds} rounds of ${seconds} s, contenders in turns, ${connections} connections.`,
    'Numbers are medians over the rounds with quartiles in brackets. What each row means: [README](../README.md).',
    '',
    table(['What', 'Where it was measured'], environment()),
  ];
  return `${[...head, ...sections.flatMap(({ title, text }) => ['', `## ${title}`, '', text])].join('\n')}\n`;
}
