import { z } from 'zod';
import type { Authentication, CodeRecord } from '../model.js';

/** The user as they let the device in. */
export interface DeviceApproval {
  readonly subject: string;
  readonly tenantDomain: string;
  /** Moves with what ends the user's tokens: an approval before it is void. */
  readonly subjectEpoch: number;
  readonly authentication?: Authentication | undefined;
}

/** What is kept under a device code (RFC 8628 §3.5). */
export interface DeviceSession {
  readonly scope: readonly string[];
  readonly intervalSeconds: number;
  /** Asked before then, it was too soon. Milliseconds since the epoch. */
  readonly nextPollAt: number;
  readonly decision: 'pending' | 'denied' | 'approved';
  readonly approval?: DeviceApproval | undefined;
}

const session = z.object({
  scope: z.array(z.string()),
  intervalSeconds: z.number(),
  nextPollAt: z.number(),
  decision: z.enum(['pending', 'denied', 'approved']),
  approval: z
    .object({
      subject: z.string(),
      tenantDomain: z.string(),
      subjectEpoch: z.number(),
      authentication: z
        .object({
          authTime: z.number(),
          amr: z.array(z.string()).optional(),
          acr: z.string().optional(),
          sessionId: z.string().optional(),
        })
        .optional(),
    })
    .optional(),
});

/** Throws when the stored document is none: a bug, and never an approval. */
export function readDeviceSession({ body }: CodeRecord): DeviceSession {
  return session.parse(body);
}

export function deviceSessionBody(state: DeviceSession): CodeRecord['body'] {
  return { ...state };
}
