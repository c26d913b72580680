export { createRegistry, Registry } from './registry.js';
