import { table } from '../support/report.mjs';
import { digits, ratios, spread, summary } from '../support/statistics.mjs';
import { gatedRequests, openRequests } from './contenders.mjs';
import { allGates, names } from './names.mjs';
import { probe } from './probe.mjs';
import { shownCpu, turns } from './turns.mjs';
import { body } from './world.mjs';

const expected = { status: 200, body };

/** Rows 1 to 4: CPU per request of everybody, in turns. */
export async function cpuRows(context) {
  const { peers, ours, logging, baseline, generator, say, seconds, connections } = context;
  say('cpu: starting the peers');
  const own = (name, gateway, more) => ({
    name,
    target: gateway.http,
    processes: () => ({ gateway: gateway.pid }),
    mayLack: ['throttle'],
    ...more,
  });
  const contenders = [
    own(names.on, ours, { refuses: allGates }),
    own(names.log, logging, { refuses: allGates }),
    own(names.off, ours, { isOpen: true }),
    own(names.tls, ours, { target: ours.https, refuses: allGates.slice(0, 2) }),
    ...(baseline ? [own(names.baseline, baseline)] : []),
    await peers.plain(),
    { ...(await peers.lua()), refuses: allGates },
    { ...(await peers.authRequest()), refuses: ['token'] },
    await peers.tls(ours.tls, ours.https.ca),
    await peers.haproxy(),
    await peers.node(names.fastify, 'fastify-http-proxy.mjs'),
    await peers.node(names.httpProxy, 'http-proxy-3.mjs'),
    await peers.node(names.fastGateway, 'fast-gateway.mjs'),
    await peers.node(names.express, 'express-gateway.mjs'),
    await peers.node(names.nest, 'nest.mjs'),
  ].filter(({ name }) => context.isWanted(name));
  const lacking = [];
  for (const contender of contenders) {
    for (const gate of await probe(generator, contender)) lacking.push(`${contender.name} lacks this gate: ${gate}.`);
  }
  const jobOf = ({ target, isOpen }) => ({
    kind: 'closed',
    target,
    requests: isOpen ? openRequests : gatedRequests,
    connections,
    seconds,
    expected,
  });
  const measured = await turns({
    ...context,
    title: 'cpu',
    contenders: contenders.map((contender) => ({ ...contender, job: jobOf(contender) })),
    shown: shownCpu,
  });
  return { measured, text: cpuText(measured, lacking) };
}

const micros = (measured, name) => measured.get(name).map((round) => round.micros);

/** By how much less CPU one does a request than another: 2 is half of it. */
export const speedOver = (measured, name, other) => ratios(micros(measured, other), micros(measured, name));

function cpuText(measured, lacking) {
  const present = [...measured.keys()];
  const rows = present
    .map((name) => ({ name, rounds: measured.get(name) }))
    .map(({ name, rounds }) => ({ name, median: summary(micros(measured, name)).median, rounds }))
    .sort((a, b) => a.median - b.median)
    .map(({ name, rounds }) => [
      name.startsWith(names.on) ? `**${name}**` : name,
      spread(rounds.map((round) => round.micros)),
      spread(rounds.map((round) => round.perSecond)),
      digits(summary(rounds.map((round) => round.p50 / 1_000)).median),
      digits(summary(rounds.map((round) => round.p99 / 1_000)).median),
    ]);
  return [
    table(['Server', 'CPU µs per request', 'Requests/s', 'p50 ms', 'p99 ms'], rows),
    '',
    ...[...claims(measured), ...lacking].map((line) => `* ${line}`),
  ].join('\n');
}

function claims(measured) {
  const over = (name, other) => spread(speedOver(measured, name, other));
  const has = (...wanted) => wanted.every((name) => measured.has(name));
  const added = (name) =>
    spread(ratios(micros(measured, name), micros(measured, names.off)).map((ratio) => (ratio - 1) * 100));
  const lines = [];
  if (has(names.on, names.nginx)) lines.push(`Row 1: ${over(names.on, names.nginx)} of nginx's plain proxy.`);
  for (const peer of [names.fastify, names.express, names.nest]) {
    if (has(names.on, peer)) lines.push(`Row 2: ${over(names.on, peer)}× against ${peer}.`);
  }
  if (has(names.tls, names.nginxTls)) lines.push(`Row 3: ${over(names.tls, names.nginxTls)} of nginx's TLS proxy.`);
  if (has(names.on, names.off)) lines.push(`Row 4: the gate adds ${added(names.on)} % to our bare proxy.`);
  if (has(names.log, names.off)) lines.push(`Row 4: gate and access log add ${added(names.log)} %.`);
  if (has(names.on, names.lua)) lines.push(`Against nginx with the same gate in Lua: ${over(names.on, names.lua)}.`);
  if (has(names.on, names.baseline)) lines.push(`Against the baseline: ${over(names.on, names.baseline)}×.`);
  return lines;
}
