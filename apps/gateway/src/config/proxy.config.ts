import { setting } from '@keygate/common/config';
import { z } from 'zod';

/** How backends are called. Endpoints may say otherwise for themselves, but not about what may be called. */
export const proxy = z
  .strictObject({
    connectTimeoutMillis: setting(
      z.int().min(10).default(5_000),
      'How long connecting to a backend may take, and how long a call may wait for a connection.',
    ),
    headersTimeoutMillis: setting(z.int().min(10).default(60_000), 'How long a backend may take to start its answer.'),
    bodyTimeoutMillis: setting(z.int().min(10).default(60_000), 'How long a backend may pause inside its answer.'),
    totalTimeoutMillis: setting(
      z.int().min(0).max(86_400_000).default(0),
      'How long a call may take from its first attempt to the end of its answer; 0: as long as it goes on.',
    ),
    connectionsPerEndpoint: setting(
      z.int().min(1).default(256),
      'Most connections to one backend; as many calls may wait for one.',
    ),
    retries: setting(
      z.int().min(0).max(10).default(1),
      'How often a call without effects and without a body is sent again when a backend did not begin to answer.',
    ),
    failuresToOpen: setting(
      z.int().min(1).max(100_000).default(5),
      'Failures in a row after which an address is left alone.',
      { wso2: 'suspendOnFailure' },
    ),
    openMillis: setting(
      z.int().min(100).max(3_600_000).default(5_000),
      'How long an address is left alone; twice as long with each trial that fails, up to a minute.',
      { wso2: 'suspendDuration' },
    ),
    caFile: setting(
      z.string().optional(),
      'PEM of the CAs that sign certificates of backends and of their token URLs. Unset: the public ones.',
      { env: 'GATEWAY_PROXY_CA_FILE', wso2: 'client-truststore.jks' },
    ),
    allowPrivateNetworks: setting(
      z.boolean().default(true),
      'Call backends in private networks and on this machine. Turn it off where publishers are not trusted with them.',
      { env: 'GATEWAY_PROXY_ALLOW_PRIVATE_NETWORKS' },
    ),
    allowLinkLocal: setting(
      z.boolean().default(false),
      'Call link-local addresses too, where clouds hand out the credentials of machines.',
      { env: 'GATEWAY_PROXY_ALLOW_LINK_LOCAL' },
    ),
  })
  .prefault({});
