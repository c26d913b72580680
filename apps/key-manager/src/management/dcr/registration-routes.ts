import { z } from 'zod';
import type { ClientRegistry } from '../../applications/application-store.js';
import type { ClientCredentialSource } from '../../applications/credentials.js';
import { type RegisteredClient, registerClient } from '../../applications/dynamic-registration.js';
import type { Clock } from '../../oauth2/ports.js';
import { displayUserName } from '../../users/user-name.js';
import { audited } from '../rest/audited.js';
import { password } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';

/** The paths of WSO2 2.6 (v0.14) to 4.x (v0.17) mean the same. */
const versions = ['v0.14', 'v0.15', 'v0.16', 'v0.17'] as const;

const registration = z.object({
  clientName: z.string().trim().min(1).max(255),
  owner: z.string().max(512).nullish(),
  callbackUrl: z.string().max(2_048).nullish().describe('A URL or a bare word.'),
  grantType: z.string().max(2_048).nullish().describe('Grant types, separated by spaces.'),
  saasApp: z.boolean().nullish(),
});

const registered = z.object({
  clientId: z.string(),
  clientName: z.string(),
  callBackURL: z.string(),
  clientSecret: z.string().nullable(),
  isSaasApplication: z.boolean(),
  appOwner: z.string(),
  jsonString: z.string(),
});

export function registrationRoutes(ports: {
  readonly clients: ClientRegistry;
  readonly credentials: ClientCredentialSource;
  readonly clock: Clock;
}): Route[] {
  return versions.map((version) =>
    route({
      method: 'POST',
      path: `/${version}/register`,
      summary: 'Registers a client; the same name and owner is the same client.',
      access: password(),
      body: registration,
      answer: registered,
      audit: audited('client.registered', 'answer.clientId', { name: 'body.clientName' }),
      async handle(caller, { body }) {
        const client = await registerClient(ports, caller, {
          clientName: body.clientName,
          owner: body.owner ?? undefined,
          callbackUrl: body.callbackUrl ?? '',
          grantTypes: [...new Set((body.grantType ?? '').split(/\s+/).filter(Boolean))],
          allTenants: body.saasApp ?? false,
        });
        return view(client);
      },
    }),
  );
}

function view({ registration: client, secret }: RegisteredClient): z.output<typeof registered> {
  return {
    clientId: client.clientId,
    clientName: client.name,
    callBackURL: client.callbackUrl,
    clientSecret: secret ?? null,
    isSaasApplication: client.allTenants,
    appOwner: displayUserName(client.owner),
    jsonString: JSON.stringify({
      grant_types: client.grantTypes.join(' '),
      redirect_uris: client.callbackUrl,
      client_name: client.name,
    }),
  };
}
