import type { Client } from '../model.js';
import type { Parameter } from '../parameters.js';

/**
 * What a client pushed under a `request_uri` (RFC 9126 §4): the parameters in the place of those of the request, or
 * undefined when there is none, it is spent, expired, or another client's. A pushed request is used once.
 */
export type PushedRequests = (requestUri: string, client: Client) => Promise<readonly Parameter[] | undefined>;
