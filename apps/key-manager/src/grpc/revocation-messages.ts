import type { Revocation } from '@keygate/proto/keymanager/v1/revocation';
import type { RevocationTarget } from '../oauth2/model.js';
import type { RevocationRecord } from '../storage/feeds.js';

export function revocationMessage({ seq, target, revokedAt, expiresAt }: RevocationRecord): Revocation {
  return { seq, target: targetMessage(target), revokedAt, expiresAt: expiresAt ?? 0 };
}

function targetMessage(target: RevocationTarget): Revocation['target'] {
  switch (target.kind) {
    case 'token':
      return { $case: 'tokenHash', tokenHash: target.hash };
    case 'grant':
      return { $case: 'grantId', grantId: target.grantId };
    case 'client':
      return { $case: 'clientId', clientId: target.clientId };
    case 'subject':
      return { $case: 'subject', subject: target.subject };
  }
}
