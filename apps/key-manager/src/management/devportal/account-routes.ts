import { z } from 'zod';
import type { ResourceOwners } from '../../oauth2/ports.js';
import { Refusal } from '../../refusal.js';
import type { UserAccounts } from '../../users/user-accounts.js';
import { parseUserName } from '../../users/user-name.js';
import type { UserStore } from '../../users/user-store.js';
import { authorOf } from '../rest/audited.js';
import { token } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';

export interface AccountRoutePorts {
  readonly users: Pick<UserStore, 'findUser'>;
  readonly accounts: UserAccounts;
  readonly resourceOwners: Pick<ResourceOwners, 'authenticate'>;
}

const passwords = z.object({ currentPassword: z.string().max(1_024), newPassword: z.string().max(1_024) });

/** What users do to their own accounts. */
export function accountRoutes({ users, accounts, resourceOwners }: AccountRoutePorts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/me/change-password',
      summary: 'Sets the own password. Every token of the user ends, also the one of this call.',
      access: token('subscribe', 'app_manage'),
      body: passwords,
      audit: 'by handler',
      async handle(caller, { body: { currentPassword, newPassword } }) {
        // As a login: guesses of whoever found a token are counted and slowed down like any others.
        const owner = await resourceOwners.authenticate(caller.subject, currentPassword, caller.clientAddress ?? '');
        const user = owner && (await users.findUser(parseUserName(caller.subject)));
        if (!user) throw new Refusal('invalid', 'The current password is wrong');
        await accounts.setPassword(user, newPassword, authorOf(caller));
      },
    }),
  ];
}
