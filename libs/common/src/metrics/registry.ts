import { collectDefaultMetrics, Registry } from 'prom-client';

export { Registry };

/** A registry with the process's own metrics (CPU, memory, event loop lag, garbage collection) and labels on every line. */
export function createRegistry(defaultLabels: Readonly<Record<string, string>>): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ ...defaultLabels });
  collectDefaultMetrics({ register: registry });
  return registry;
}
