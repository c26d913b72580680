import { type FaultName, faults } from '../pipeline/gateway-errors.js';

/** Faults that say that an address did not begin an answer, or none that is HTTP. */
const failures: ReadonlySet<FaultName> = new Set([
  'backendUnreachable',
  'backendConnectTimedOut',
  'backendTimedOut',
  'backendClosed',
  'backendProtocolViolation',
]);

/** Whether a fault counts against its address; `openOn` are the codes that do, when the API names any. */
export function isFailure(fault: FaultName, openOn: ReadonlySet<string> | undefined): boolean {
  return failures.has(fault) && (openOn === undefined || openOn.has(faults[fault].code));
}

/** Whether the call may be sent to another address: an answer that is not HTTP would be no better the next time. */
export function mayGoElsewhere(fault: FaultName): boolean {
  return fault !== 'backendProtocolViolation' && failures.has(fault);
}
