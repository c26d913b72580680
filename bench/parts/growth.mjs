import pg from 'pg';
import { contest, costs, series } from '../support/contest.mjs';
import { table } from '../support/report.mjs';
import { digits, ratios, spread } from '../support/statistics.mjs';
import { clientCredentials } from './requests.mjs';

const chunk = 500_000;

/**
 * Fills the tables of tokens as a year of issuing would leave them: every grant and token a live one of the client, ids
 * in order of time, hashes at random. Indexes are kept while it is filled, so that they look as if they had grown.
 */
async function fill(cluster, rows, say) {
  const client = new pg.Client({ connectionString: cluster.databaseUrl });
  await client.connect();
  const { rows: found } = await client.query('select token_epoch from oauth_clients where client_id = $1', [
    cluster.client.id,
  ]);
  const began = Date.now();
  // Only for this session: what is measured later commits durably.
  await client.query('set synchronous_commit = off');
  for (let done = 0; done < rows; done += chunk) {
    const count = Math.min(chunk, rows - done);
    await client.query(
      `with item as materialized (
         select $1::bigint + n as at,
           lpad(to_hex($1::bigint + n), 12, '0') as time,
           encode(uuid_send(gen_random_uuid()), 'hex') as random
         from generate_series(1, $4::integer) n
       ), named as materialized (
         select at, substr(time, 1, 8) || '-' || substr(time, 9) || '-7' || substr(random, 14, 3) || '-8' ||
           substr(random, 18, 3) || '-' || substr(random, 21) as id, random
         from item
       ), granted as (
         insert into grants (id, tenant_domain, client_id, kind, client_epoch, subject_epoch, created_at, expires_at,
           sweep_after)
         select id, 'carbon.super', $2, 'APPLICATION', $3, 0, at, at + 31536000000, at + 31536000000 from named
       )
       insert into access_tokens (hash, grant_id, scope, issued_at, expires_at, revoked)
       select sha256(convert_to(random, 'UTF8')), id, 'am_application_scope default', at, at + 31536000000, false
       from named`,
      [began - rows + done, cluster.client.id, found[0].token_epoch, count],
    );
    say(`growth: ${digits(done + count)} of ${digits(rows)} rows, ${Math.round((Date.now() - began) / 1_000)} s`);
  }
  await client.query('vacuum analyze grants');
  await client.query('vacuum analyze access_tokens');
  await client.query('checkpoint');
  const { rows: size } = await client.query('select pg_database_size(current_database()) as bytes');
  await client.end();
  return Number(size[0].bytes);
}

/** Row 11: issuing into a large table and into an empty one, by two clusters of the same build in turns. */
export async function growth({ empty, full, rows, say, ...settings }) {
  const bytes = await fill(full, rows, say);
  const names = { empty: 'empty table', full: `${digits(rows)} rows` };
  const contenders = [
    { ...clientCredentials(empty, settings), name: names.empty },
    { ...clientCredentials(full, settings), name: names.full },
  ];
  const measured = await contest({ title: 'growth', contenders, say, ...settings });
  await Promise.all(contenders.map(({ load }) => load.close()));
  const of = (name, key) => series(measured, name, key);
  const lines = Object.values(names).map((name) => [
    name,
    spread(of(name, 'perSecond')),
    spread(of(name, 'perCpuSecond')),
    costs(measured, name),
  ]);
  const ratio = (key) => spread(ratios(of(names.full, key), of(names.empty, key)));
  return [
    table(['Table', 'Tokens/s', 'Tokens per CPU second', 'CPU µs per token'], lines),
    '',
    `* **Full against empty: ${ratio('perSecond')} by tokens/s, ${ratio('perCpuSecond')} by CPU.**`,
    `* The full database takes ${digits(bytes / 2 ** 30)} GiB.`,
  ].join('\n');
}
