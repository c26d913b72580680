import { table } from '../support/report.mjs';
import { spread } from '../support/statistics.mjs';
import { gatedRequests, openRequests } from './contenders.mjs';
import { names } from './names.mjs';
import { shownLatency, turns } from './turns.mjs';
import { body } from './world.mjs';

const expected = { status: 200, body };
export const rate = 4_000;

/** Row 5: latency on one connection, and at a fixed rate that does not wait for anybody. */
export async function latencyRows(context) {
  const { peers, ours, backendPort, seconds } = context;
  const own = { target: ours.http, processes: () => ({}) };
  const contenders = [
    { name: names.direct, target: { port: backendPort }, processes: () => ({}) },
    { ...(await peers.plain()), processes: () => ({}) },
    { ...(await peers.lua()), processes: () => ({}) },
    { ...(await peers.node(names.fastify, 'fastify-http-proxy.mjs')), processes: () => ({}) },
    { ...own, name: names.off, isOpen: true },
    { ...own, name: names.on },
  ].filter(({ name }) => context.isWanted(name));
  const measure = (title, more) =>
    turns({
      ...context,
      title,
      shown: shownLatency,
      contenders: contenders.map(({ target, isOpen, ...rest }) => ({
        ...rest,
        job: { target, requests: isOpen ? openRequests : gatedRequests, expected, seconds: seconds / 2, ...more },
      })),
    });
  const one = await measure('one connection', { kind: 'closed', connections: 1, spins: true });
  const fixed = await measure(`${rate}/s`, { kind: 'open', connections: 64, rate, seconds });
  return { one, fixed, text: latencyText(one, fixed) };
}

const of = (measured, name, key) => measured.get(name).map((round) => round[key]);

/** What one adds to another within each round, µs. */
const added = (measured, name, other, key) =>
  spread(of(measured, name, key).map((value, round) => value - of(measured, other, key)[round]));

function latencyText(one, fixed) {
  const rows = [...one.keys()].map((name) => [
    name,
    spread(of(one, name, 'p50')),
    spread(of(one, name, 'p99')),
    spread(of(fixed, name, 'p50')),
    spread(of(fixed, name, 'p99')),
    spread(of(fixed, name, 'p999')),
  ]);
  const head = ['Server', 'p50, one connection', 'p99', `p50 at ${rate}/s`, 'p99', 'p99.9'];
  const has = (...wanted) => wanted.every((name) => one.has(name));
  const lines = [];
  if (has(names.on, names.direct)) {
    lines.push(
      `Row 5: on one connection the median is ${added(one, names.on, names.direct, 'p50')} µs over the backend's own.`,
    );
  }
  if (has(names.nginx, names.direct)) {
    lines.push(`nginx's plain proxy is ${added(one, names.nginx, names.direct, 'p50')} µs over it.`);
  }
  if (has(names.on, names.off)) lines.push(`The gate alone: ${added(one, names.on, names.off, 'p50')} µs.`);
  if (has(names.on, names.nginx)) {
    lines.push(
      `Row 5: at ${rate}/s the 99th percentile is ${added(fixed, names.on, names.nginx, 'p99')} µs over nginx's.`,
    );
  }
  return ['Microseconds.', '', table(head, rows), '', ...lines.map((line) => `* ${line}`)].join('\n');
}
