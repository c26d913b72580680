// `npm run bench -- token`, `npm run bench -- gateway`: measures, prints a table and keeps it in bench/results. See bench/README.md.
import { parseArgs } from 'node:util';

const suites = { token: () => import('./token.mjs'), gateway: () => import('./gateway.mjs') };

const help = `Usage: npm run bench -- <suite> [options]

Suites:
  token   issuing, refreshing, introspecting, logging in; against oidc-provider and @node-oauth/oauth2-server
  gateway API calls through the gates; against nginx, haproxy, @fastify/http-proxy, express-gateway and others

Options:
  --quick             seconds instead of minutes: shows that everything runs; writes no file
  --rounds <n>        rounds per comparison (7)
  --seconds <n>       length of one measurement (5)
  --connections <n>   keep-alive connections of the load generator (64)
  --rows <n>          rows in the big token table (10000000)
  --only <a,b>        parts of token: issue, refresh, introspect, store, passwords, growth
                      parts of gateway: cpu, latency, growth
  --peers <a,b>       gateway: only contenders whose names hold one of these
  --baseline <dir>    another built checkout of this repository, measured beside this one
  --out <file>        where the table goes (bench/results/<suite>.md for a full run)
  --help              this text

Needs a build (npx tsc -b). Everything it starts is on free ports and is gone at the end.`;

const options = {
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  connections: { type: 'string' },
  rows: { type: 'string' },
  only: { type: 'string' },
  peers: { type: 'string' },
  baseline: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
};

function read() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return { problem: error.message };
  }
}

const { values, positionals = [], problem } = read();
const suite = suites[positionals[0]];
if (values?.help || !suite) {
  if (problem) console.error(problem);
  else if (positionals[0] !== undefined && !suite) console.error(`There is no suite "${positionals[0]}".`);
  console.log(help);
  process.exit(values?.help ? 0 : 2);
}

const number = (name, full, quick) => {
  const value = values[name] === undefined ? (values.quick ? quick : full) : Number(values[name]);
  if (!(value > 0)) throw new Error(`--${name} must be a positive number`);
  return value;
};

const { run } = await suite();
await run({
  quick: values.quick,
  rounds: number('rounds', 7, 1),
  seconds: number('seconds', 5, 0.5),
  warmUpSeconds: values.quick ? 0.5 : 5,
  connections: number('connections', 64, 8),
  rows: number('rows', 10_000_000, 20_000),
  only: values.only?.split(','),
  peers: values.peers?.split(','),
  baseline: values.baseline,
  out: values.out,
  command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
});
process.exit(0);
