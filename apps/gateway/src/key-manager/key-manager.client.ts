import {
  type CallOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  connectivityState,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { Logger } from '@keygate/common/logging';
import {
  type CatalogMessage,
  CatalogServiceClient,
  type WatchCatalogRequest,
} from '@keygate/proto/keymanager/v1/catalog';
import { HotPathServiceClient } from '@keygate/proto/keymanager/v1/hot_path';
import {
  type AuthenticateUserRequest,
  type AuthenticateUserResponse,
  type DiscoveryResponse,
  IdentityServiceClient,
  type UserInfoResponse,
} from '@keygate/proto/keymanager/v1/identity';
import {
  KeyValidationServiceClient,
  type RevokeOneTimeTokenResponse,
  type ValidateTokenResponse,
} from '@keygate/proto/keymanager/v1/key_validation';
import {
  type RevocationMessage,
  RevocationServiceClient,
  type WatchRevocationsRequest,
} from '@keygate/proto/keymanager/v1/revocation';
import {
  type ClientRequest,
  type IssueTokenResponse,
  type RevokeTokenResponse,
  TokenServiceClient,
} from '@keygate/proto/keymanager/v1/token';
import { type UsageBatch, UsageServiceClient } from '@keygate/proto/keymanager/v1/usage';
import { CallLimit } from './call-limit.js';
import type { ChannelSettings } from './channel.js';
import { HotPathClient } from './hot-path.client.js';
import { HotPathLane } from './hot-path-lane.js';
import { streamOrUnary } from './stream-or-unary.js';
import { keyManagerError } from './unavailable.js';

export interface KeyManagerClientSettings {
  readonly issueDeadlineMillis: number;
  readonly validateDeadlineMillis: number;
  /** Most calls in flight of each kind; above it a call fails at once instead of queueing. */
  readonly maxConcurrentCalls?: number;
}

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/**
 * Everything the gateway asks the key manager. Token calls go over a stream while there is one (`hot-path.client.ts`),
 * else one by one. Each has a deadline and throws `KeyManagerUnavailable` when there was no answer. Only reads are
 * repeated, here and by the channel's retry policy: a token request may have been committed by the first attempt.
 */
export class KeyManagerClient {
  private readonly tokens: TokenServiceClient;
  private readonly validation: KeyValidationServiceClient;
  private readonly catalog: CatalogServiceClient;
  private readonly revocations: RevocationServiceClient;
  private readonly usage: UsageServiceClient;
  private readonly identity: IdentityServiceClient;
  private readonly settings: KeyManagerClientSettings;
  private readonly streamClients: readonly HotPathServiceClient[];
  private readonly hotPath: HotPathClient;
  private readonly tokenRequests: CallLimit;
  private readonly validations: CallLimit;
  private readonly logins: CallLimit;

  constructor(channel: ChannelSettings, settings: KeyManagerClientSettings, logger: Logger) {
    this.settings = settings;
    this.tokens = new TokenServiceClient(channel.target, channel.credentials, channel.options);
    const shared = { channelOverride: this.tokens.getChannel() };
    this.validation = new KeyValidationServiceClient(channel.target, channel.credentials, shared);
    this.catalog = new CatalogServiceClient(channel.target, channel.credentials, shared);
    this.revocations = new RevocationServiceClient(channel.target, channel.credentials, shared);
    this.usage = new UsageServiceClient(channel.target, channel.credentials, shared);
    this.identity = new IdentityServiceClient(channel.target, channel.credentials, shared);
    this.streamClients = channel.streamTargets.map(
      (target) =>
        new HotPathServiceClient(target, channel.credentials, target === channel.target ? shared : channel.options),
    );
    const lanes = this.streamClients.map((client) => new HotPathLane({ open: () => client.exchange(), logger }));
    this.hotPath = new HotPathClient(lanes);
    // Apart, so that a flood of unknown tokens leaves room for token requests.
    this.tokenRequests = new CallLimit(settings.maxConcurrentCalls ?? 500);
    this.validations = new CallLimit(settings.maxConcurrentCalls ?? 500);
    // Each costs the key manager a slow hash on purpose.
    this.logins = new CallLimit(maxLogins);
  }

  issueToken(request: ClientRequest, correlationId: string): Promise<IssueTokenResponse> {
    const deadlineMillis = this.settings.issueDeadlineMillis;
    const question = { $case: 'issueToken' as const, issueToken: { request } };
    const method = this.tokens.issueToken.bind(this.tokens);
    const ways = {
      deadlineMillis,
      isRead: false,
      byStream: () =>
        this.hotPath.ask({ question, correlationId, deadlineMillis })?.then((answer) => answer.issueToken),
      alone: (left: number) => call(method, { request }, correlationId, left),
    };
    return this.tokenRequests.run(() => streamOrUnary(ways));
  }

  revokeToken(request: ClientRequest, correlationId: string): Promise<RevokeTokenResponse> {
    const deadlineMillis = this.settings.issueDeadlineMillis;
    const question = { $case: 'revokeToken' as const, revokeToken: { request } };
    const method = this.tokens.revokeToken.bind(this.tokens);
    const ways = {
      deadlineMillis,
      isRead: false,
      byStream: () =>
        this.hotPath.ask({ question, correlationId, deadlineMillis })?.then((answer) => answer.revokeToken),
      alone: (left: number) => call(method, { request }, correlationId, left),
    };
    return this.tokenRequests.run(() => streamOrUnary(ways));
  }

  /** `tokenHash` is the SHA-256 of the access token, 32 bytes. */
  validateToken(tokenHash: Buffer, wantsUserClaims?: boolean): Promise<ValidateTokenResponse> {
    const deadlineMillis = this.settings.validateDeadlineMillis;
    const request = { tokenHash, ...(wantsUserClaims && { wantsUserClaims }) };
    const question = { $case: 'validateToken' as const, validateToken: request };
    const method = this.validation.validateToken.bind(this.validation);
    const ways = {
      deadlineMillis,
      isRead: true,
      byStream: () =>
        this.hotPath.ask({ question, correlationId: '', deadlineMillis })?.then((answer) => answer.validateToken),
      alone: (left: number) => call(method, request, undefined, left),
    };
    return this.validations.run(() => streamOrUnary(ways));
  }

  /** The token was good for one call, which has been made. */
  revokeOneTimeToken(tokenHash: Buffer): Promise<RevokeOneTimeTokenResponse> {
    const method = this.validation.revokeOneTimeToken.bind(this.validation);
    return call(method, { tokenHash }, undefined, this.settings.issueDeadlineMillis);
  }

  /** Takes as long as a token request: a password is checked slowly. Not repeated, for wrong ones are counted. */
  authenticateUser(request: AuthenticateUserRequest): Promise<AuthenticateUserResponse> {
    const method = this.identity.authenticateUser.bind(this.identity);
    return this.logins.run(() => call(method, request, undefined, this.settings.issueDeadlineMillis));
  }

  userInfo(request: ClientRequest, correlationId: string): Promise<UserInfoResponse> {
    const method = this.identity.userInfo.bind(this.identity);
    const { validateDeadlineMillis } = this.settings;
    return this.validations.run(() => call(method, { request }, correlationId, validateDeadlineMillis));
  }

  /** The metadata of the authorization server as a gateway at `gatewayUrl` shows it. */
  discovery(gatewayUrl: string): Promise<DiscoveryResponse> {
    const method = this.identity.discovery.bind(this.identity);
    return call(method, { gatewayUrl }, undefined, this.settings.validateDeadlineMillis);
  }

  /** Ends only by an error, the server's end or `cancel()`. */
  watchCatalog(request: WatchCatalogRequest): ClientReadableStream<CatalogMessage> {
    return this.catalog.watch(request);
  }

  watchRevocations(request: WatchRevocationsRequest): ClientReadableStream<RevocationMessage> {
    return this.revocations.watch(request);
  }

  /** Sends the batches and resolves when the key manager has taken them. */
  reportUsage(batches: readonly UsageBatch[]): Promise<void> {
    const deadline = deadlineIn(this.settings.issueDeadlineMillis);
    return new Promise((resolve, reject) => {
      const stream = this.usage.report(new Metadata(), { deadline }, (error) => {
        if (error === null) resolve();
        else reject(keyManagerError(error));
      });
      for (const batch of batches) stream.write(batch);
      stream.end();
    });
  }

  /** Whether a connection to some key manager stands at this moment. */
  get isConnected(): boolean {
    return this.tokens.getChannel().getConnectivityState(false) === connectivityState.READY;
  }

  /** Whether a token call that is made now goes over a stream. */
  get hasStream(): boolean {
    return this.hotPath.isOpen;
  }

  /** From now on streams for token calls are held open. */
  start(): void {
    this.hotPath.start();
  }

  close(): void {
    this.hotPath.stop();
    for (const client of this.streamClients) client.close();
    this.tokens.close();
  }
}

const maxLogins = 200;

const deadlineIn = (millis: number) => Date.now() + millis;

function call<Request, Response>(
  method: UnaryMethod<Request, Response>,
  request: Request,
  correlationId: string | undefined,
  deadlineMillis: number,
): Promise<Response> {
  const metadata = new Metadata();
  if (correlationId !== undefined) metadata.set('x-correlation-id', correlationId);
  return new Promise((resolve, reject) => {
    method(request, metadata, { deadline: deadlineIn(deadlineMillis) }, (error, response) => {
      if (error === null) resolve(response);
      else reject(keyManagerError(error));
    });
  });
}
