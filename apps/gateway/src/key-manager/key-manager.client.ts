import {
  type CallOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  connectivityState,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import {
  type CatalogMessage,
  CatalogServiceClient,
  type WatchCatalogRequest,
} from '@keygate/proto/keymanager/v1/catalog';
import { KeyValidationServiceClient, type ValidateTokenResponse } from '@keygate/proto/keymanager/v1/key_validation';
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
import { KeyManagerFault, KeyManagerUnavailable } from './unavailable.js';

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

const undecided = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.RESOURCE_EXHAUSTED, status.CANCELLED]);

/**
 * The only file of the gateway that calls the key manager. Every unary call has a deadline and throws
 * `KeyManagerUnavailable` when there was no answer; whether a call is repeated is the channel's retry policy, which
 * leaves out token requests: the first attempt may have been committed.
 */
export class KeyManagerClient {
  private readonly tokens: TokenServiceClient;
  private readonly validation: KeyValidationServiceClient;
  private readonly catalog: CatalogServiceClient;
  private readonly revocations: RevocationServiceClient;
  private readonly usage: UsageServiceClient;
  private readonly settings: KeyManagerClientSettings;
  private readonly tokenRequests: CallLimit;
  private readonly validations: CallLimit;

  constructor(channel: ChannelSettings, settings: KeyManagerClientSettings) {
    this.settings = settings;
    this.tokens = new TokenServiceClient(channel.target, channel.credentials, channel.options);
    const shared = { channelOverride: this.tokens.getChannel() };
    this.validation = new KeyValidationServiceClient(channel.target, channel.credentials, shared);
    this.catalog = new CatalogServiceClient(channel.target, channel.credentials, shared);
    this.revocations = new RevocationServiceClient(channel.target, channel.credentials, shared);
    this.usage = new UsageServiceClient(channel.target, channel.credentials, shared);
    // Apart, so that a flood of unknown tokens leaves room for token requests.
    this.tokenRequests = new CallLimit(settings.maxConcurrentCalls ?? 500);
    this.validations = new CallLimit(settings.maxConcurrentCalls ?? 500);
  }

  issueToken(request: ClientRequest, correlationId: string): Promise<IssueTokenResponse> {
    const method = this.tokens.issueToken.bind(this.tokens);
    return this.tokenRequests.run(() => call(method, { request }, correlationId, this.settings.issueDeadlineMillis));
  }

  revokeToken(request: ClientRequest, correlationId: string): Promise<RevokeTokenResponse> {
    const method = this.tokens.revokeToken.bind(this.tokens);
    return this.tokenRequests.run(() => call(method, { request }, correlationId, this.settings.issueDeadlineMillis));
  }

  /** `tokenHash` is the SHA-256 of the access token, 32 bytes. */
  validateToken(tokenHash: Buffer): Promise<ValidateTokenResponse> {
    const method = this.validation.validateToken.bind(this.validation);
    return this.validations.run(() => call(method, { tokenHash }, undefined, this.settings.validateDeadlineMillis));
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
        else reject(translated(error));
      });
      for (const batch of batches) stream.write(batch);
      stream.end();
    });
  }

  /** Whether a connection to some key manager stands at this moment. */
  get isConnected(): boolean {
    return this.tokens.getChannel().getConnectivityState(false) === connectivityState.READY;
  }

  close(): void {
    this.tokens.close();
  }
}

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
      else reject(translated(error));
    });
  });
}

function translated(error: ServiceError): Error {
  const Kind = undecided.has(error.code) ? KeyManagerUnavailable : KeyManagerFault;
  return new Kind(`${status[error.code]}: ${error.details}`, { cause: error });
}
