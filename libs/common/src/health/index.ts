export {
  degradedMark,
  type OperationsServer,
  type OperationsSettings,
  type ReadinessCheck,
  type ReadinessChecks,
  runChecks,
  startOperationsServer,
} from './operations-server.js';
