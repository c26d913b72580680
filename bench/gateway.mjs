import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chart } from './gateway/chart.mjs';
import { Peers } from './gateway/contenders.mjs';
import { cpuRows } from './gateway/cpu.mjs';
import { growthRows } from './gateway/growth.mjs';
import { latencyRows } from './gateway/latency.mjs';
import { startGenerator } from './gateway/load.mjs';
import { startOurGateway } from './gateway/our-gateway.mjs';
import { requirePeers, versions } from './gateway/programs.mjs';
import { smallWorld } from './gateway/world.mjs';
import { repository } from './support/cluster.mjs';
import { machine, table } from './support/report.mjs';

const bigWorld = { apis: 100_000, apps: 1_000, tokens: 1_000_000 };
const quickWorld = { apis: 1_000, apps: 100, tokens: 10_000 };

/** The suite: starts everything, runs the parts that were asked for, stops everything, writes the table and the chart. */
export async function run(settings) {
  const began = Date.now();
  const say = (line) => console.log(`${String(Math.round((Date.now() - began) / 1_000)).padStart(5)} s  ${line}`);
  await requirePeers(say);
  const folder = mkdtempSync(join(tmpdir(), 'keygate-bench-'));
  const stops = [() => rmSync(folder, { recursive: true, force: true })];
  const wants = (part) => settings.only === undefined || settings.only.includes(part);
  try {
    const generator = await startGenerator(folder);
    stops.push(() => generator.stop());
    const peers = new Peers(folder, generator);
    stops.push(() => peers.stop());
    const backendPort = await peers.startBackend();
    // Node compiles what it has seen often; half a second shows only the beginning of that.
    const warmUpSeconds = Math.max(settings.warmUpSeconds, 1.5);
    const context = {
      ...settings,
      warmUpSeconds,
      say,
      folder,
      stops,
      generator,
      peers,
      backendPort,
      isWanted: isWanted(settings),
    };
    const sections = [];
    const results = {};
    if (wants('cpu') || wants('latency')) await startOurs(context);
    if (wants('cpu')) {
      results.cpu = await cpuRows(context);
      sections.push({ title: 'Rows 1 to 4: CPU per request', text: results.cpu.text });
    }
    if (wants('latency')) {
      results.latency = await latencyRows(context);
      sections.push({ title: 'Row 5: latency', text: results.latency.text });
    }
    if (wants('growth')) {
      const worlds = [smallWorld, settings.quick ? quickWorld : bigWorld];
      results.growth = await growthRows({ ...context, worlds });
      sections.push({ title: 'Rows 6 and 7: growth', text: results.growth.text });
    }
    const text = report(settings, sections);
    console.log(`\n${text}`);
    const file = settings.out ?? (settings.quick ? undefined : join(repository, 'bench/results/gateway.md'));
    if (file === undefined) return;
    writeFileSync(file, text);
    if (results.cpu) writeFileSync(file.replace(/\.md$/, '.svg'), chart(results.cpu.measured));
    say(`written to ${file}`);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** `--peers a,b` keeps to contenders whose names hold one of these. */
const isWanted =
  ({ peers }) =>
  (name) =>
    peers === undefined || peers.some((part) => name.includes(part));

async function startOurs(context) {
  const { say, folder, backendPort, stops, baseline } = context;
  const start = async (name, more) => {
    say(`starting ${name}`);
    const gateway = await startOurGateway({ name, folder, backendPort, world: smallWorld, ...more });
    stops.push(() => gateway.stop());
    return gateway;
  };
  const silent = { env: { LOG_LEVEL: 'warn' } };
  context.ours = await start('gateway', silent);
  context.logging = await start('gateway with access log', {});
  if (baseline) context.baseline = await start('gateway of the baseline', { ...silent, checkout: baseline });
}

function report(settings, sections) {
  const { command, rounds, seconds, connections } = settings;
  const { programs, packages } = versions();
  const facts = [...machine(), ['Programs of Debian', programs], ['Packages of npm', packages]];
  const head = [
    '# Gateway benchmarks',
    '',
    `\`${command}\`: ${rounds} rounds of ${seconds} s, contenders in turns, ${connections} keep-alive connections.`,
    'Everything that serves, the backend included, is held to one core, the load generator to the other.',
    'Numbers are medians over the rounds with quartiles in brackets. What each row means: [README](../README.md).',
    '',
    table(['What', 'Where it was measured'], facts),
  ];
  return `${[...head, ...sections.flatMap(({ title, text }) => ['', `## ${title}`, '', text])].join('\n')}\n`;
}
