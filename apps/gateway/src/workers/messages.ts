import type { GatewayConfig } from '../config/gateway.config.js';
import type { GatewayUrls } from '../http/listen-settings.js';
import type { Listeners } from '../http/listeners.js';
import type { Demand, SharedKey } from '../throttling/shared-counts.js';

/** What a worker needs to know to begin. It goes over the channel: arguments and environments can be read by others. */
export interface WorkerSetUp {
  readonly config: GatewayConfig;
  readonly gatewayId: string;
  readonly worker: number;
  /** Base64. */
  readonly ticketKeys: string;
}

export interface WorkerOpen {
  readonly ports: Listeners['ports'];
  readonly urls: GatewayUrls;
}

/** From the primary to a worker. */
export type ToWorker =
  | { readonly kind: 'begin'; readonly setUp: WorkerSetUp }
  | { readonly kind: 'stop' }
  | { readonly kind: 'ask'; readonly id: number; readonly question: 'readiness' | 'metrics' }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown };

/** From a worker to the primary. */
export type FromWorker =
  /** It runs and wants to know what to do. */
  | { readonly kind: 'here' }
  | { readonly kind: 'open'; readonly open: WorkerOpen }
  /** It cannot begin; the line is for the operator. */
  | { readonly kind: 'failed'; readonly line: string }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'common'; readonly id: number; readonly call: CommonCall };

/** About what all workers have in common. */
export type CommonCall =
  | { readonly name: 'isShut' }
  | { readonly name: 'firstUse'; readonly proof: string; readonly expiresAt: number }
  | { readonly name: 'add'; readonly counters: readonly SharedKey[]; readonly deltas: readonly number[] }
  | { readonly name: 'take'; readonly demands: readonly Demand[] }
  | { readonly name: 'reset'; readonly counter: SharedKey; readonly revision: number };

/** Node's own messages between primary and worker go over the same channel. */
export function isOurs(message: unknown): message is { readonly kind: string } {
  return typeof message === 'object' && message !== null && typeof (message as { kind?: unknown }).kind === 'string';
}
