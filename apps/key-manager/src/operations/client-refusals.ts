import { readBasic } from '../oauth2/basic-credentials.js';
import { readClientAssertion } from '../oauth2/client-assertion.js';
import type { ClientRequest } from '../oauth2/client-request.js';
import { networkOf } from '../users/throttle/login-source.js';
import type { RefusalJournal } from './refusal-journal.js';

/** Keeps clients that were not let in in the audit log. They are not delayed: docs/adr/0012-logins-are-delayed-clients-are-not.md. */
export function clientRefusals(journal: Pick<RefusalJournal, 'note'>) {
  return (request: ClientRequest, endpoint: string): void => {
    const { clientAddress } = request;
    const actor = claimedClient(request) || 'unknown';
    const group = JSON.stringify([networkOf(clientAddress), actor]);
    journal.note({ action: 'client.refused', actor, clientAddress, group, detail: { endpoint } });
  };
}

function claimedClient({ authorization, parameters }: ClientRequest): string | undefined {
  const named = parameters.find(({ name }) => name === 'client_id')?.value;
  if (named !== undefined) return named;
  if (authorization !== undefined) return readBasic(authorization)?.[0].id;
  const sent = (wanted: string) => parameters.find(({ name }) => name === wanted)?.value;
  return readClientAssertion(sent('client_assertion_type'), sent('client_assertion'))?.clientId;
}
