import type { RefusalJournal } from '../../operations/refusal-journal.js';
import { networkOf } from './login-source.js';
import type { LoginRefusal, RefusedLogins } from './throttled-resource-owners.js';

/** Counts refused logins and keeps them in the audit log, where the name is as it was sent. */
export function loginRefusals(
  counter: { inc(labels: { reason: LoginRefusal }): void },
  journal: Pick<RefusalJournal, 'note'>,
): RefusedLogins {
  return {
    note(reason, username, clientAddress) {
      counter.inc({ reason });
      const network = networkOf(clientAddress);
      if (reason === 'wrong') {
        const group = JSON.stringify([network, username.toLowerCase()]);
        return journal.note({ action: 'login.failed', actor: username, clientAddress, group });
      }
      // A delayed network tries name after name: one group for all of them.
      const group = reason === 'network_delay' ? network : JSON.stringify([network, username.toLowerCase()]);
      journal.note({ action: 'login.throttled', actor: username, clientAddress, group, detail: { reason } });
    },
  };
}
