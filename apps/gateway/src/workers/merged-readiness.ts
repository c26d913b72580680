import { degradedMark } from '@keygate/common/health';

type Checks = Readonly<Record<string, string>>;

/** What `/readyz` says of a gateway with workers: each check as the worst of them has it, and whether all are there. */
export function mergedReadiness(reports: ReadonlyMap<number, Checks | undefined>): Checks {
  const merged: Record<string, string> = {};
  const missing: number[] = [];
  for (const [worker, checks] of reports) {
    if (checks === undefined) missing.push(worker);
    for (const [name, result] of Object.entries(checks ?? {})) {
      if (badness(result) > badness(merged[name] ?? 'ok')) merged[name] = withWorker(result, worker);
      else merged[name] ??= 'ok';
    }
  }
  merged.workers = missing.length === 0 ? 'ok' : `not running: ${missing.join(', ')}`;
  return merged;
}

function badness(result: string): 0 | 1 | 2 {
  if (result === 'ok') return 0;
  return result.startsWith(degradedMark) ? 1 : 2;
}

/** Behind the mark of a degraded check, which has to stay in front. */
function withWorker(result: string, worker: number): string {
  return badness(result) === 1
    ? `${degradedMark}worker ${worker}: ${result.slice(degradedMark.length)}`
    : `worker ${worker}: ${result}`;
}
