import { status } from '@grpc/grpc-js';
import type { HotPathRequest, HotPathResponse } from '@keygate/proto/keymanager/v1/hot_path';

export type HotPathQuestion = NonNullable<HotPathRequest['request']>;
export type HotPathKind = HotPathQuestion['$case'];
export type HotPathAnswer<Kind extends HotPathKind = HotPathKind> = Extract<
  NonNullable<HotPathResponse['response']>,
  { readonly $case: Kind }
>;

/** Why a call over a stream has no answer. */
export class HotPathError extends Error {
  override readonly name = 'HotPathError';
  constructor(
    readonly code: status,
    readonly details: string,
    /** Whether the key manager may have begun it. Only a call that was never begun may be repeated whatever it does. */
    readonly mayHaveBegun: boolean,
    options?: ErrorOptions,
  ) {
    super(`${status[code]}: ${details}`, options);
  }
}

export interface HotPathCall {
  readonly question: HotPathQuestion;
  readonly correlationId: string;
  readonly deadlineMillis: number;
}

/** A call that waits for its answer. */
export interface WaitingCall {
  readonly entry: HotPathRequest;
  /** Its bytes in a message, or a little more. */
  readonly bytes: number;
  /** By `performance.now()`. */
  readonly expiresAt: number;
  readonly resolve: (answer: HotPathAnswer) => void;
  readonly reject: (error: HotPathError) => void;
}

/** Everything around the hash of a validation, with the longest numbers. */
const validationBytes = 72;

/** How many bytes a call takes in a message, or a few more. */
export function bytesOf({ question, correlationId }: HotPathCall): number {
  if (question.$case === 'validateToken') return validationBytes + correlationId.length;
  return atMost(question) + correlationId.length + 24;
}

/** A bound without encoding, whatever fields there are: a text and its tag, a number at its longest, headers of parts. */
function atMost(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 6;
  if (value instanceof Uint8Array) return value.length + 6;
  if (typeof value !== 'object' || value === null) return 12;
  let bytes = 6;
  for (const part of Object.values(value)) bytes += atMost(part);
  return bytes;
}

/** Ends a call as the key manager's answer to it says. */
export function settle({ entry, resolve, reject }: WaitingCall, response: HotPathResponse['response']): void {
  if (response?.$case === 'failure') {
    const { code, details } = response.failure;
    // Both are said before anything is begun.
    const isUnbegun = code === status.RESOURCE_EXHAUSTED || code === status.UNIMPLEMENTED;
    reject(new HotPathError(code, details, !isUnbegun));
  } else if (response === undefined || response.$case !== entry.request?.$case) {
    reject(new HotPathError(status.INTERNAL, 'the answer is one to another question', true));
  } else resolve(response);
}
