/** Where the key manager is reached, as read from `keyManager.serverUrl`. */
export interface ServerUrl {
  /** The address as people write it, for logs and banners. */
  readonly display: string;
  /** Every `host:port`, IPv6 in brackets. */
  readonly addresses: readonly string[];
  /** Host names, any one of which the certificate of a key manager must carry. */
  readonly names: readonly string[];
  readonly plaintext: boolean;
  /** What was ignored, in words; to be logged once. */
  readonly notes: readonly string[];
}

export interface ServerUrlOptions {
  readonly portOffset: number;
  /** Allows `http://` addresses that are not on loopback. */
  readonly allowPlaintext: boolean;
}

/** A `keyManager.serverUrl` that cannot be used; the message says why and what to write instead. */
export class ServerUrlProblem extends Error {
  override readonly name = 'ServerUrlProblem';
}

interface Address {
  readonly scheme: 'https' | 'http' | 'dns';
  readonly host: string;
  readonly port: number;
  readonly note?: string;
}

const defaultGrpcPort = 10_397;
const addressPattern = /^([a-z]+):\/\/(?:\/)?(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?(\/[^?#]*)?$/i;
const loopback = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/**
 * One or more comma-separated `https://host:port`, or one `dns:///name:port`. An unset value is the key manager of the
 * same machine with the same offset; an explicit one is taken as it is (WSO2: api-manager.xml APIKeyValidator/ServerURL).
 */
export function parseServerUrl(value: string | undefined, options: ServerUrlOptions): ServerUrl {
  const written = value ?? `https://localhost:${defaultGrpcPort + options.portOffset}`;
  const parsed = written.split(',').map((part) => parseAddress(part.trim()));
  const schemes = new Set(parsed.map((address) => address.scheme));
  if (schemes.size > 1) throw new ServerUrlProblem(`mixes ${[...schemes].join(' and ')} addresses; use one kind`);
  if (schemes.has('dns') && parsed.length > 1) {
    throw new ServerUrlProblem('takes one dns:/// name; for several fixed addresses write https://host:port,…');
  }
  for (const address of parsed) refusePlaintext(address, options.allowPlaintext);
  const addresses = [...new Set(parsed.map(({ host, port }) => `${host}:${port}`))];
  const scheme = parsed[0]?.scheme ?? 'https';
  return {
    display: addresses.map((address) => `${scheme}://${scheme === 'dns' ? '/' : ''}${address}`).join(','),
    addresses,
    names: [...new Set(parsed.map(({ host }) => host.replace(/^\[|\]$/g, '')))],
    plaintext: scheme === 'http',
    notes: parsed.flatMap(({ note }) => (note === undefined ? [] : [note])),
  };
}

function parseAddress(text: string): Address {
  if (text === '') throw new ServerUrlProblem('has an empty address between its commas');
  const [, scheme = '', host = '', port, path = ''] = addressPattern.exec(text) ?? [];
  const shown = withoutUserInfo(text);
  if (host === '') {
    throw new ServerUrlProblem(`"${shown}" is not an address; write https://host:port or dns:///name:port`);
  }
  if (scheme !== 'https' && scheme !== 'http' && scheme !== 'dns') {
    throw new ServerUrlProblem(`"${shown}" starts with ${scheme}://; use https://host:port or dns:///name:port`);
  }
  if ((scheme === 'dns') !== text.startsWith(`${scheme}:///`)) {
    throw new ServerUrlProblem(
      `"${shown}" has the wrong number of slashes; write https://host:port or dns:///name:port`,
    );
  }
  if (port === undefined)
    throw new ServerUrlProblem(`"${shown}" needs a port, for example ${scheme}://${host}:${defaultGrpcPort}`);
  if (Number(port) < 1 || Number(port) > 65_535) {
    throw new ServerUrlProblem(`"${shown}" has port ${port}; ports go from 1 to 65535`);
  }
  const note = `the path ${path} of ${scheme}://${host}:${port} is ignored; gRPC has no path`;
  return { scheme, host: host.toLowerCase(), port: Number(port), ...(path.length > 1 && { note }) };
}

function refusePlaintext({ scheme, host, port }: Address, allowPlaintext: boolean): void {
  if (scheme !== 'http' || allowPlaintext || loopback.test(host)) return;
  throw new ServerUrlProblem(
    `"http://${host}:${port}" would send credentials in clear text; use https:// or set gateway.keyManager.allowPlaintext`,
  );
}

/** A password pasted into the address must not reach a log through the error message. */
const withoutUserInfo = (text: string) => text.replace(/\/\/[^/@]*@/, '//…@');
