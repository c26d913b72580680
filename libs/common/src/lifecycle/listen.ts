import type { AddressInfo, Server } from 'node:net';

export interface ListenSettings {
  readonly host: string;
  /** The final port, offset included; 0 for any free one. */
  readonly port: number;
  /** Name of the setting the port came from, e.g. `gateway.listeners.https`. */
  readonly setting: string;
  /** The offset in force, to name another one to try. */
  readonly portOffset: number;
}

/** A port that cannot be listened on. The message is one line that says what to do. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';

  constructor(
    readonly port: number,
    readonly setting: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Starts listening and answers the port really bound. Anything with net's `listen`: http, https, http2. */
export function listen(server: Server, settings: ListenSettings): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      server.off('listening', listening);
      reject(explain(error, settings));
    };
    const listening = () => {
      server.off('error', failed);
      resolve((server.address() as AddressInfo).port);
    };
    server.once('error', failed);
    server.once('listening', listening);
    server.listen({ host: settings.host, port: settings.port });
  });
}

/** Turns what the operating system says into a line for the operator; other errors come back as they are. */
export function explain(error: NodeJS.ErrnoException, settings: ListenSettings): Error {
  const { host, port, setting, portOffset } = settings;
  const where = `port ${port} (${setting}) on ${host}`;
  switch (error.code) {
    case 'EADDRINUSE': {
      const other = portOffset + 1;
      return new PortTaken(port, setting, `${where} is taken; free it or try --port-offset ${other}`, { cause: error });
    }
    case 'EACCES':
      return new PortTaken(port, setting, `${where} is not allowed for this user; ports below 1024 need privileges`, {
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new PortTaken(port, setting, `${where}: this machine has no such address`, { cause: error });
    default:
      return error;
  }
}
