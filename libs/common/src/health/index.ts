export {
  type OperationsServer,
  type OperationsSettings,
  type ReadinessCheck,
  startOperationsServer,
} from './operations-server.js';
