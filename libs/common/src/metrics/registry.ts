import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';

export { Registry };

/** What a process has counted, as it goes to another one: `registry.getMetricsAsJSON()`. */
export type MetricReport = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** A registry with the process's own metrics (CPU, memory, event loop lag, garbage collection) and labels on every line. */
export function createRegistry(defaultLabels: Readonly<Record<string, string>>): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ ...defaultLabels });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** One registry for what several processes have counted, each metric put together as it says itself (prom-client: aggregator). */
export function mergedRegistry(reports: readonly MetricReport[]): Registry {
  return AggregatorRegistry.aggregate([...reports]);
}
