import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
import { clientChannelOptions } from '@keygate/common/grpc';
import type { PemPair } from '@keygate/common/tls';
import { addressListScheme, registerAddressListResolver } from './address-resolver.js';
import type { ServerUrl } from './server-url.js';

/** The client certificate shown to the key manager, and the CA its own certificate must come from. PEM. */
export type ClientIdentity = PemPair & { readonly ca: string };

/** How grpc-js is told where the key manager is and whom to trust. */
export interface ChannelSettings {
  readonly target: string;
  /** One for each address, so that a stream can be held to each; a name that stands for several counts as one. */
  readonly streamTargets: readonly string[];
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
}

/** `identity` is needed for every address but a plaintext one. */
export function channelSettings(url: ServerUrl, identity: ClientIdentity | undefined): ChannelSettings {
  registerAddressListResolver();
  const [first = ''] = url.addresses;
  const several = url.addresses.length > 1;
  return {
    target: several ? `${addressListScheme}:///${url.addresses.join(',')}` : `dns:///${first}`,
    streamTargets: url.addresses.map((address) => `dns:///${address}`),
    credentials: channelCredentials(url, identity),
    options: {
      ...clientChannelOptions(),
      // An IP address is no valid SNI (RFC 6066 section 3); the certificate is checked against `names` whatever it says.
      'grpc.ssl_target_name_override': url.names.find((name) => isIP(name) === 0) ?? 'localhost',
    },
  };
}

function channelCredentials(url: ServerUrl, identity: ClientIdentity | undefined): ChannelCredentials {
  if (url.plaintext) return credentials.createInsecure();
  if (identity === undefined) throw new TypeError('A client certificate is needed for https:// addresses');
  return credentials.createSsl(Buffer.from(identity.ca), Buffer.from(identity.key), Buffer.from(identity.cert), {
    checkServerIdentity: (_host, certificate) => identityProblem(url.names, certificate),
  });
}

/** One channel serves all addresses and knows one name, so any configured name will do, but one of them must fit. */
function identityProblem(names: readonly string[], certificate: PeerCertificate): Error | undefined {
  const problems = names.map((name) => checkServerIdentity(name, certificate));
  return problems.includes(undefined) ? undefined : problems[0];
}
