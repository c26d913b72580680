import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { keyManagerPackageDefinition, serverChannelOptions } from '@keygate/common/grpc';
import { explain, type ListenSettings } from '@keygate/common/lifecycle';
import { ServerGrpc } from '@nestjs/microservices';
import { HealthImplementation } from 'grpc-health-check';

export interface GrpcSettings extends ListenSettings {
  readonly maxMessageBytes: number;
  readonly maxConcurrentStreams: number;
  /** PEM. Only callers with a certificate of `ca` are let in. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** A service that grpc-js serves without Nest in between. */
export interface DirectService {
  /** As in the package definition: `keymanager.v1.TokenService`. */
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/**
 * Nest's gRPC server with mutual TLS, the port that was really bound, health (`grpc.health.v1`) and an end that lets
 * open calls finish. Hot services go past Nest, whose wrapper costs the server a tenth of
 * a call (`bench/results/grpc.md`).
 */
export class GrpcTransport extends ServerGrpc {
  readonly #health = new HealthImplementation({ '': 'NOT_SERVING' });
  #port = 0;
  #server: Server | undefined;

  constructor(
    private readonly settings: GrpcSettings,
    direct: readonly DirectService[],
  ) {
    const others = Object.entries(keyManagerPackageDefinition).filter(
      ([name]) => !direct.some((one) => one.name === name),
    );
    super({
      package: 'keymanager.v1',
      packageDefinition: Object.fromEntries(others),
      url: `${settings.host}:${settings.port}`,
      onLoadPackageDefinition: (_definition: unknown, server: Server) => {
        this.#health.addToServer(server);
        for (const { definition, implementation } of direct) server.addService(definition, implementation);
      },
    });
  }

  get port(): number {
    return this.#port;
  }

  serve(): void {
    this.#health.setStatus('', 'SERVING');
  }

  /** From now on clients that watch the health go elsewhere; open calls go on. */
  drain(): void {
    this.#health.setStatus('', 'NOT_SERVING');
  }

  override async createClient(): Promise<Server> {
    const server = new Server(serverChannelOptions(this.settings));
    const { ca, cert, key } = this.settings.tls;
    const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
    // `true`: the handshake fails without a client certificate of this CA, so no call is ever read from a stranger.
    const credentials = ServerCredentials.createSsl(Buffer.from(ca), [pair], true);
    this.#port = await bind(server, credentials, this.settings);
    this.#server = server;
    return server;
  }

  /** Refuses new calls, waits for the open ones until `deadlineMillis`, then cuts what is left. */
  async finish(deadlineMillis: number): Promise<void> {
    const server = this.#server;
    if (!server) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMillis);
      server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    server.forceShutdown();
  }
}

function bind(server: Server, credentials: ServerCredentials, settings: GrpcSettings): Promise<number> {
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${settings.port}`, credentials, (error, port) => {
      if (!error) return resolve(port);
      // grpc-js hides the system's error code in its text.
      const code = /\b(EADDRINUSE|EACCES|EADDRNOTAVAIL|ENOTFOUND)\b/.exec(error.message)?.[1];
      reject(explain(Object.assign(new Error(error.message), code ? { code } : {}), settings));
    });
  });
}
