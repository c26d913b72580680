import type { Protection } from '@keygate/proto/keymanager/v1/catalog';
import type { EndpointEntry } from './api.js';

const maxMillis = 3_600_000;

/** A whole number of at most an hour of milliseconds, as a number or as text; 0 for anything else. */
export function whole(value: unknown, most = maxMillis): number {
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : 0;
  return Number.isSafeInteger(number) && number > 0 && number <= most ? number : 0;
}

export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** WSO2: advanceEndpointConfig, beside the URL or in its `config`. */
export function advancedOf(entry: EndpointEntry | undefined): Readonly<Record<string, unknown>> {
  const found = entry?.advanceEndpointConfig ?? memberOf(entry?.config, 'advanceEndpointConfig');
  return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {};
}

/** Undefined when the endpoint says nothing about it: then all is as the gateway is set. */
export function catalogProtection(entry: EndpointEntry | undefined): Protection | undefined {
  const config = entry?.config;
  const advanced = advancedOf(entry);
  const own = (name: string) => whole(memberOf(config, name));
  const breaker = advanced.circuitBreakers ?? advanced.circuitBreaker;
  const health = advanced.healthCheck;
  const path = memberOf(health, 'path');
  const protection: Protection = {
    connectTimeoutMillis: whole(advanced.connectTimeoutInMillis),
    idleTimeoutMillis: whole(advanced.idleTimeoutInMillis),
    totalTimeoutMillis: whole(advanced.totalTimeoutInMillis),
    retries: whole(memberOf(advanced.retryConfig, 'count'), maxRetries),
    failuresToOpen: whole(memberOf(breaker, 'failureThreshold'), maxCount) || failuresToSuspend(config),
    openMillis: own('suspendDuration') || whole(memberOf(breaker, 'resetTimeInMillis')),
    openOn: codesIn(memberOf(config, 'suspendErrorCode')),
    openFactor: factorOf(memberOf(config, 'factor')),
    maxOpenMillis: own('suspendMaxDuration'),
    maxConcurrent:
      whole(memberOf(breaker, 'maxRequests'), maxCount) || whole(memberOf(breaker, 'maxConnections'), maxCount),
    maxWaiting: whole(memberOf(breaker, 'maxPendingRequests'), maxCount),
    healthPath: typeof path === 'string' ? path : '',
    healthIntervalMillis: whole(memberOf(health, 'intervalInMillis')),
  };
  const isSilent = Object.values(protection).every((value) => !value || (Array.isArray(value) && value.length === 0));
  return isSilent ? undefined : protection;
}

const maxRetries = 10;
const maxCount = 100_000;

/** WSO2: an address is suspended at once, or after so many retries when any are named. */
function failuresToSuspend(config: unknown): number {
  if (whole(memberOf(config, 'suspendDuration')) === 0) return 0;
  return whole(memberOf(config, 'retryTimeOut'), maxRetries) + 1;
}

function factorOf(value: unknown): number {
  const factor = Number(value ?? 0);
  return Number.isFinite(factor) && factor >= 1 && factor <= 100 ? factor : 0;
}

function codesIn(value: unknown): number[] {
  return [value].flat().flatMap((code) => whole(code) || []);
}
