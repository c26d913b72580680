export { createRegistry, type MetricReport, mergedRegistry, Registry } from './registry.js';
