import { setting } from '@keygate/common/config';
import { z } from 'zod';

/** What publishers may have the key manager ask for them; gateways have settings of their own. */
export const endpointChecks = z
  .strictObject({
    allowPrivateNetworks: setting(
      z.boolean().default(true),
      'Let publishers check endpoints in private networks and on this machine.',
      { env: 'KEY_MANAGER_ENDPOINT_CHECKS_IN_PRIVATE_NETWORKS' },
    ),
    allowLinkLocal: setting(
      z.boolean().default(false),
      'Let them check link-local addresses too, where clouds hand out the credentials of machines.',
    ),
  })
  .prefault({});
