import { GatewayError } from '../gateway-errors.js';

/** 401 is a decision of the key manager; when it cannot be asked there is none (503). */
export function undecidable(retryAfterSeconds: number, cause?: unknown): never {
  throw new GatewayError('undecidable', { headers: ['Retry-After', String(retryAfterSeconds)], cause });
}
