import { hint } from './similar.js';

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const ours = /^(GATEWAY|KEY_MANAGER|KEYGATE)_/;

/** Names that carry our prefixes, set nothing in a schema and are still right. */
const reserved = ['KEYGATE_CONFIG'];

/**
 * Kubernetes and Docker links put `GATEWAY_SERVICE_HOST`, `GATEWAY_PORT=tcp://…` and the like into every container
 * beside a service called "gateway". They are not typing mistakes.
 */
function isServiceLink(name: string, value: string): boolean {
  return (
    /_SERVICE_(HOST|PORT(_\w+)?)$/.test(name) || /_PORT_\d+_(TCP|UDP)(_|$)/.test(name) || /^(tcp|udp):\/\//.test(value)
  );
}

/** A sentence for every variable with one of our prefixes that no setting reads: a typing mistake would be ignored silently. */
export function unknownVariables(environment: Environment, known: ReadonlySet<string>): string[] {
  const candidates = [...known, ...reserved];
  return Object.entries(environment)
    .filter(([name, value]) => value !== undefined && ours.test(name) && !isServiceLink(name, value))
    .filter(([name]) => !candidates.includes(name))
    .map(([name]) => `${name} (environment): is not a setting${hint(name, candidates)}`);
}
