import { createHash } from 'node:crypto';
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { ensureCertificate } from '@keygate/common/tls';
import {
  type CatalogChange,
  type CatalogMessage,
  CatalogServiceService,
  type CatalogSnapshot,
  type WatchCatalogRequest,
} from '@keygate/proto/keymanager/v1/catalog';
import { type HotPathRequest, HotPathServiceService } from '@keygate/proto/keymanager/v1/hot_path';
import {
  type AuthenticateUserRequest,
  type AuthenticateUserResponse,
  type DiscoveryRequest,
  type DiscoveryResponse,
  IdentityServiceService,
  type UserInfoRequest,
  type UserInfoResponse,
} from '@keygate/proto/keymanager/v1/identity';
import {
  KeyType,
  KeyValidationServiceService,
  type TokenFacts,
  TokenKind,
  TokenState,
  type ValidateTokenRequest,
  type ValidateTokenResponse,
} from '@keygate/proto/keymanager/v1/key_validation';
import {
  type Revocation,
  type RevocationMessage,
  RevocationServiceService,
  type WatchRevocationsRequest,
} from '@keygate/proto/keymanager/v1/revocation';
import {
  type ClientRequest,
  type IssueTokenRequest,
  type IssueTokenResponse,
  type RevokeTokenRequest,
  type RevokeTokenResponse,
  TokenServiceService,
} from '@keygate/proto/keymanager/v1/token';
import { type UsageBatch, UsageServiceService } from '@keygate/proto/keymanager/v1/usage';
import { FakeExchanges } from './fake-exchange.js';

type Unary<Request, Response> = (call: ServerUnaryCall<Request, Response>) => Response | Promise<Response>;

export const sha256 = (token: string) => createHash('sha256').update(token).digest();

/** A key manager that answers what a test tells it to, over the real protocol with mutual TLS. */
export class FakeKeyManager {
  port = 0;
  snapshot: CatalogSnapshot = {
    revision: 1,
    apis: [],
    applications: [],
    consumerKeys: [],
    subscriptions: [],
    throttlingPolicies: [],
    denyRules: [],
    keyManagers: [],
    signingKeys: [],
  };
  /** Answers of ValidateToken by hex hash; others are unknown. */
  readonly tokens = new Map<string, ValidateTokenResponse>();
  readonly issued: { readonly request: IssueTokenRequest; readonly correlationId: string }[] = [];
  readonly revocationCursors: number[] = [];
  readonly catalogRevisions: number[] = [];
  readonly usage: UsageBatch[] = [];
  validations = 0;
  revocationSeq = 10;
  onIssue: Unary<IssueTokenRequest, IssueTokenResponse> = () => ({ result: undefined });
  onRevoke: Unary<RevokeTokenRequest, RevokeTokenResponse> = () => ({});
  onValidate: (hash: Buffer) => ValidateTokenResponse | Promise<ValidateTokenResponse> = (hash) => this.verdict(hash);
  onLogin: (request: AuthenticateUserRequest) => AuthenticateUserResponse = () => ({
    result: { $case: 'refused', refused: { retryAfter: 0 } },
    revocationSeq: this.revocationSeq,
  });
  onUserInfo: (request: ClientRequest) => UserInfoResponse = () => ({ result: undefined });
  onDiscovery: (gatewayUrl: string) => DiscoveryResponse = () => ({
    metadata: '{}',
    keyManagerUrl: '',
    authorizationEndpoint: '',
  });
  /** How the snapshot is sent. */
  inParts: (snapshot: CatalogSnapshot) => readonly CatalogSnapshot[] = (snapshot) => [snapshot];
  /** Revocations that a stream is told when it resumes from before them. */
  readonly backlog: Revocation[] = [];
  /** False: streams are opened but say nothing. */
  speaks = true;
  /** False before `start`: a key manager from before the streams of calls. */
  knowsExchange = true;
  readonly exchanges = new FakeExchanges((entry) => this.exchanged(entry));
  private server: Server | undefined;
  private readonly catalogStreams = new Set<ServerWritableStream<WatchCatalogRequest, CatalogMessage>>();
  private readonly revocationStreams = new Set<ServerWritableStream<WatchRevocationsRequest, RevocationMessage>>();
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(private readonly dataDir: string) {}

  /** Starts, or starts again at the same port. */
  async start(): Promise<this> {
    const server = new Server({ 'grpc.max_receive_message_length': 1_000_000 });
    server.addService(TokenServiceService, {
      issueToken: unary<IssueTokenRequest, IssueTokenResponse>((call) => {
        const correlationId = String(call.metadata.get('x-correlation-id')[0] ?? '');
        this.issued.push({ request: call.request, correlationId });
        return this.onIssue(call);
      }),
      revokeToken: unary<RevokeTokenRequest, RevokeTokenResponse>((call) => this.onRevoke(call)),
      introspectToken: unary(() => {
        throw new Error('not part of the fake');
      }),
    });
    server.addService(KeyValidationServiceService, {
      validateToken: unary<ValidateTokenRequest, ValidateTokenResponse>((call) => {
        this.validations += 1;
        return this.onValidate(Buffer.from(call.request.tokenHash));
      }),
    });
    if (this.knowsExchange) server.addService(HotPathServiceService, { exchange: this.exchanges.serve });
    server.addService(CatalogServiceService, {
      watch: (call: ServerWritableStream<WatchCatalogRequest, CatalogMessage>) => {
        this.catalogRevisions.push(call.request.revision);
        this.join(this.catalogStreams, call);
        if (!this.speaks) return;
        if (call.request.revision === this.snapshot.revision) call.write(heartbeatOf(this.snapshot.revision));
        else
          for (const part of this.inParts(this.snapshot))
            call.write({ content: { $case: 'snapshot', snapshot: part } });
      },
    });
    server.addService(RevocationServiceService, {
      watch: (call: ServerWritableStream<WatchRevocationsRequest, RevocationMessage>) => {
        this.revocationCursors.push(call.request.cursor);
        this.join(this.revocationStreams, call);
        if (!this.speaks) return;
        const { cursor } = call.request;
        for (const revocation of this.backlog.filter(({ seq }) => cursor > 0 && seq > cursor)) {
          call.write({ content: { $case: 'revocation', revocation } });
        }
        call.write(heartbeatOf(this.revocationSeq));
      },
    });
    server.addService(IdentityServiceService, {
      userInfo: unary<UserInfoRequest, UserInfoResponse>(({ request: { request } }) => {
        if (!request) throw new Error('an empty request');
        return this.onUserInfo(request);
      }),
      discovery: unary<DiscoveryRequest, DiscoveryResponse>((call) => this.onDiscovery(call.request.gatewayUrl)),
      authenticateUser: unary<AuthenticateUserRequest, AuthenticateUserResponse>((call) => this.onLogin(call.request)),
    });
    server.addService(UsageServiceService, {
      report: (call: NodeJS.ReadableStream, callback: sendUnaryData<{ batches: number }>) => {
        call.on('data', (batch: UsageBatch) => this.usage.push(batch));
        call.on('end', () => callback(null, { batches: this.usage.length }));
      },
    });
    this.port = await bind(server, this.port, this.dataDir);
    this.server = server;
    this.heartbeat = setInterval(() => this.beat(), 250);
    return this;
  }

  /** Cuts every connection at once, as a killed process would. */
  async stop(): Promise<void> {
    clearInterval(this.heartbeat);
    this.server?.forceShutdown();
    this.server = undefined;
  }

  change(change: NonNullable<CatalogChange['change']>): void {
    const revision = this.snapshot.revision + 1;
    this.snapshot = { ...this.snapshot, revision };
    for (const stream of this.catalogStreams)
      stream.write({ content: { $case: 'change', change: { revision, change } } });
  }

  /** Pushes a revocation on every gRPC stream. */
  revoke(target: NonNullable<Revocation['target']>, revokedAt = Date.now()): Revocation {
    this.revocationSeq += 1;
    const revocation: Revocation = { seq: this.revocationSeq, target, revokedAt, expiresAt: 0 };
    for (const stream of this.revocationStreams) stream.write({ content: { $case: 'revocation', revocation } });
    return revocation;
  }

  tellRevocation(content: NonNullable<RevocationMessage['content']>): void {
    for (const stream of this.revocationStreams) stream.write({ content });
  }

  /** Makes a token active, with facts that fit `demoSnapshot`. */
  grant(token: string, facts: Partial<TokenFacts> = {}): void {
    this.tokens.set(sha256(token).toString('hex'), {
      state: TokenState.TOKEN_STATE_ACTIVE,
      facts: factsOf(facts),
      revocationSeq: this.revocationSeq,
    });
  }

  forget(token: string): void {
    this.tokens.delete(sha256(token).toString('hex'));
  }

  verdict(hash: Buffer): ValidateTokenResponse {
    const unknown = { state: TokenState.TOKEN_STATE_UNKNOWN, revocationSeq: this.revocationSeq };
    return this.tokens.get(hash.toString('hex')) ?? unknown;
  }

  private async exchanged({ request, correlationId }: HotPathRequest) {
    // What the tests look at of a call.
    const callOf = <R>(message: R) => ({ request: message, metadata: new Metadata() }) as ServerUnaryCall<R, never>;
    switch (request?.$case) {
      case 'validateToken':
        this.validations += 1;
        return {
          $case: 'validateToken' as const,
          validateToken: await this.onValidate(Buffer.from(request.validateToken.tokenHash)),
        };
      case 'issueToken':
        this.issued.push({ request: request.issueToken, correlationId });
        return { $case: 'issueToken' as const, issueToken: await this.onIssue(callOf(request.issueToken)) };
      case 'revokeToken':
        return { $case: 'revokeToken' as const, revokeToken: await this.onRevoke(callOf(request.revokeToken)) };
      default:
        throw new Error('not part of the fake');
    }
  }

  private join<T extends ServerWritableStream<never, never>>(streams: Set<unknown>, call: T | object): void {
    streams.add(call);
    const stream = call as NodeJS.WritableStream;
    stream.on('cancelled', () => streams.delete(call));
    stream.on('error', () => streams.delete(call));
  }

  private beat(): void {
    if (!this.speaks) return;
    for (const stream of this.catalogStreams) stream.write(heartbeatOf(this.snapshot.revision));
    for (const stream of this.revocationStreams) stream.write(heartbeatOf(this.revocationSeq));
  }
}

const heartbeatOf = (heartbeat: number) => ({ content: { $case: 'heartbeat' as const, heartbeat } });

export function factsOf(facts: Partial<TokenFacts> = {}): TokenFacts {
  const now = Date.now();
  return {
    clientId: 'demoConsumerKey',
    applicationId: 'app-1',
    keyType: KeyType.KEY_TYPE_PRODUCTION,
    user: 'demo@carbon.super',
    tenantDomain: 'carbon.super',
    scopes: ['read'],
    issuedAt: now - 1_000,
    expiresAt: now + 3_600_000,
    tokenKind: TokenKind.TOKEN_KIND_APPLICATION_USER,
    grantId: '6f1c2b7e-0000-4000-8000-000000000001',
    audience: [],
    permittedIps: [],
    permittedReferers: [],
    ...facts,
  };
}

function unary<Request, Response>(answer: Unary<Request, Response>) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => {
    Promise.resolve()
      .then(() => answer(call))
      .then((response) => callback(null, response))
      .catch((error: { code?: number; message: string }) =>
        callback({ code: error.code ?? status.INTERNAL, details: error.message, metadata: new Metadata() }),
      );
  };
}

async function bind(server: Server, port: number, dataDir: string): Promise<number> {
  const pair = await ensureCertificate(dataDir, { name: 'km-grpc', commonName: 'key-manager', kind: 'server' });
  const credentials = ServerCredentials.createSsl(
    Buffer.from(pair.ca),
    [{ cert_chain: Buffer.from(pair.cert), private_key: Buffer.from(pair.key) }],
    true,
  );
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
}
