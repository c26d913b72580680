import type { Logger } from '@keygate/common/logging';
import type {
  RevokeOneTimeTokenRequest,
  RevokeOneTimeTokenResponse,
  ValidateTokenRequest,
  ValidateTokenResponse,
} from '@keygate/proto/keymanager/v1/key_validation';
import type {
  ClientRequest,
  IntrospectTokenRequest,
  IntrospectTokenResponse,
  IssueTokenRequest,
  IssueTokenResponse,
  OAuthErrorAnswer,
  RevokeTokenRequest,
  RevokeTokenResponse,
} from '@keygate/proto/keymanager/v1/token';
import type { AuthorizationServer } from '../authorization-server.js';
import { OAuthError } from '../oauth2/errors.js';
import type { Callers } from '../operations/callers.js';
import { clientRequest, errorMessage, introspectionMessage, validationMessage } from './token-messages.js';

/** Who called, however the call came in: on its own or among others on a stream. */
export interface Caller {
  readonly correlationId: () => string;
  /** Whether nobody waits for the answer any more. */
  readonly isGone: () => boolean;
}

/**
 * The calls about tokens from message to message, for every way they come in. An OAuth error is an answer here; whatever
 * else is thrown becomes a gRPC status (`grpc-failure.ts`).
 */
export class TokenCalls {
  constructor(
    private readonly server: AuthorizationServer,
    private readonly callers: Callers,
    private readonly logger: Logger,
  ) {}

  /** Says nothing in the log: it is asked for every token a gateway does not know. */
  async validateToken({ tokenHash, wantsUserClaims }: ValidateTokenRequest): Promise<ValidateTokenResponse> {
    return validationMessage(await this.server.validateToken(tokenHash, wantsUserClaims));
  }

  async revokeOneTimeToken({ tokenHash }: RevokeOneTimeTokenRequest): Promise<RevokeOneTimeTokenResponse> {
    await this.server.revokeOneTimeToken(Buffer.from(tokenHash));
    return {};
  }

  async issueToken({ request }: IssueTokenRequest, caller: Caller): Promise<IssueTokenResponse> {
    const issue = () => this.server.issueToken(clientRequest(request));
    const answer = await this.#answer(
      'issueToken',
      caller,
      checksPassword(request) ? this.#known(caller, issue) : issue,
    );
    return 'error' in answer
      ? { result: { $case: 'error', error: answer.error } }
      : { result: { $case: 'granted', granted: answer.value } };
  }

  async revokeToken({ request }: RevokeTokenRequest, caller: Caller): Promise<RevokeTokenResponse> {
    const answer = await this.#answer('revokeToken', caller, () => this.server.revokeToken(clientRequest(request)));
    return { error: 'error' in answer ? answer.error : undefined };
  }

  async introspectToken({ request }: IntrospectTokenRequest, caller: Caller): Promise<IntrospectTokenResponse> {
    const introspect = () => this.server.introspectToken(clientRequest(request));
    const answer = await this.#answer('introspectToken', caller, this.#known(caller, introspect));
    return 'error' in answer
      ? { result: { $case: 'error', error: answer.error } }
      : { result: { $case: 'introspection', introspection: introspectionMessage(answer.value) } };
  }

  /** For work that may check a password: nobody waits for it any more when the caller is gone. */
  #known<T>(caller: Caller, work: () => Promise<T>): () => Promise<T> {
    return () => this.callers.during(caller.isGone, work);
  }

  async #answer<T>(
    method: string,
    caller: Caller,
    work: () => Promise<T>,
  ): Promise<{ readonly value: T } | { readonly error: OAuthErrorAnswer }> {
    const began = performance.now();
    const answered = (level: 'debug' | 'info', result: string) =>
      this.logger[level](
        { correlationId: caller.correlationId(), method, result, ms: Math.round(performance.now() - began) },
        'answered',
      );
    try {
      const value = await work();
      // The gateway's access log has a line for it under the same id; a second one here costs a tenth of the token.
      if (this.logger.isLevelEnabled('debug')) answered('debug', 'ok');
      return { value };
    } catch (thrown) {
      if (!(thrown instanceof OAuthError)) throw thrown;
      // Why it was refused is known here only.
      answered('info', thrown.error);
      return { error: errorMessage(thrown) };
    }
  }
}

function checksPassword(request: ClientRequest | undefined): boolean {
  return request?.parameters.some(({ name, value }) => name === 'grant_type' && value === 'password') ?? false;
}
