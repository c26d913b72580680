import { table } from '../support/report.mjs';
import { digits, ratios, spread } from '../support/statistics.mjs';
import { startOurGateway } from './our-gateway.mjs';
import { shownCpu, turns } from './turns.mjs';
import { body } from './world.mjs';

const expected = { status: 200, body };
const hour = '3600';

/** Rows 6 and 7: a gateway with few APIs and tokens beside one with many. */
export async function growthRows(context) {
  const { folder, backendPort, generator, say, seconds, connections, worlds, stops } = context;
  const started = [];
  for (const world of worlds) {
    const name = `${digits(world.apis)} APIs, ${digits(world.tokens)} tokens`;
    say(`growth: starting a gateway with ${name}`);
    // A table of two halves holds so many for certain.
    const env = {
      LOG_LEVEL: 'warn',
      GATEWAY_TOKEN_CACHE_TTL_SECONDS: hour,
      GATEWAY_TOKEN_MAX_ENTRIES: String(world.tokens * 2 + 1_000),
    };
    const gateway = await startOurGateway({ name, folder, backendPort, world, env });
    stops.push(() => gateway.stop());
    const refused = { status: 403 };
    const warm = { kind: 'closed', name, target: gateway.http, world, expected: refused, connections, isPatient: true };
    await generator.run({ ...warm, from: 0, count: 1_000 });
    const before = await gateway.memory();
    say(`growth: ${digits(world.tokens)} tokens, each asked for once`);
    await generator.run({ ...warm, from: 1_000, count: world.tokens - 1_000 });
    const after = await gateway.memory();
    started.push({ name, gateway, world, grown: grownBy(before, after), after });
  }
  const measured = await turns({
    ...context,
    title: 'growth',
    contenders: started.map(({ name, gateway, world }) => ({
      name,
      processes: () => ({ gateway: gateway.pid }),
      job: { kind: 'closed', target: gateway.http, world, connections, seconds, expected },
    })),
    shown: shownCpu,
  });
  return { measured, started, text: growthText(measured, started) };
}

const mib = (bytes) => digits(bytes / 2 ** 20);

function grownBy(before, after) {
  const held = ({ heapUsed, external }) => heapUsed + external;
  return { held: held(after) - held(before), resident: after.rss - before.rss };
}

function growthText(measured, started) {
  const micros = (name) => measured.get(name).map((round) => round.micros);
  const rows = started.map(({ name, after }) => [
    name,
    spread(micros(name)),
    spread(measured.get(name).map((round) => round.perSecond)),
    mib(after.heapUsed + after.external),
    mib(after.rss),
  ]);
  const [few, many] = started;
  const growth = ratios(micros(many.name), micros(few.name)).map((ratio) => (ratio - 1) * 100);
  const tokens = many.world.tokens - 1_000;
  return [
    table(['Gateway', 'CPU µs per request', 'Requests/s', 'Memory in use, MiB', 'Resident, MiB'], rows),
    '',
    `* Row 6: ${spread(growth)} % more CPU per request.`,
    `* Row 7: ${digits(tokens)} more tokens take ${digits(many.grown.held / 1e6)} MB in use (${digits(many.grown.held / tokens)} bytes each); the process grew by ${digits(many.grown.resident / 1e6)} MB.`,
  ].join('\n');
}
