import type { OAuthError } from '../errors.js';
import type { ReplayGuard } from '../ports.js';
import type { AssertionSettings } from './jwt-verification.js';

/** RFC 7523 §5, RFC 7522 §5: an assertion that was seen on its way must not serve a second time. */
export async function assertFirstUse(
  {
    replays,
    settings,
  }: { readonly replays: ReplayGuard; readonly settings: { readonly assertions: AssertionSettings } },
  used: {
    readonly issuerId: string;
    readonly id: string | undefined;
    readonly expiresAt: number;
    readonly always?: boolean;
  },
  refuse: (description: string) => OAuthError,
): Promise<void> {
  const { singleUse, clockSkewSeconds } = settings.assertions;
  if (!(singleUse || used.always) || used.id === undefined) return;
  // Past the last moment at which it would still be taken.
  const until = used.expiresAt + clockSkewSeconds * 1_000;
  if (await replays.firstUse(`assertion ${used.issuerId}`, used.id, until)) return;
  throw refuse('The assertion was used before.');
}
