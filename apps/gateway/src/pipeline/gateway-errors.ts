import { backendFaults } from './faults/backends.js';
import { credentialFaults } from './faults/credentials.js';
import { mediationFaults } from './faults/mediation.js';
import { requestFaults } from './faults/request.js';
import { throttlingFaults } from './faults/throttling.js';

/** Every way the gateway itself ends a request: a row of one of the tables in `faults/`. */
export const faults = {
  ...requestFaults,
  ...credentialFaults,
  ...throttlingFaults,
  ...mediationFaults,
  ...backendFaults,
} as const;

export type FaultName = keyof typeof faults;

/** What may be added to a row of the table for one request. All of it is public. */
export interface FaultDetails {
  readonly description?: string;
  /** Names and values in turn: Allow, Retry-After, WWW-Authenticate. */
  readonly headers?: readonly string[];
  /** Further members of the body. */
  readonly more?: Readonly<Record<string, string>>;
  /** For the log only. */
  readonly cause?: unknown;
}

/**
 * Ends a request with a row of the table. Thrown by stages; written in one place, `fault-writer.ts`. It has no stack:
 * refusals are ordinary answers, and finding out where each one was thrown costs more than all of the checks.
 */
export class GatewayError extends Error {
  readonly fault: FaultName;
  readonly headers: readonly string[];
  readonly description: string;
  readonly more: Readonly<Record<string, string>> | undefined;

  constructor(fault: FaultName, { description, headers, more, cause }: FaultDetails = {}) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(faults[fault].message, cause === undefined ? undefined : { cause });
    Error.stackTraceLimit = limit;
    this.name = 'GatewayError';
    this.fault = fault;
    this.headers = headers ?? noHeaders;
    this.more = more;
    this.description = description ?? faults[fault].description;
  }
}

const noHeaders: readonly string[] = [];
