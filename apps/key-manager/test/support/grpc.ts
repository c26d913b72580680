import { type CallOptions, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { ClientRequest } from '@keygate/proto/keymanager/v1/token';

type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

/** One unary call as a promise, with a deadline; `call` is a method of a client, bound to it. */
export function called<Request, Response>(
  call: Unary<Request, Response>,
  request: NoInfer<Request>,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    call(request, new Metadata(), { deadline: Date.now() + 5_000 }, (error, response) =>
      error ? reject(error) : resolve(response),
    );
  });
}

export function formRequest(form: Record<string, string>, authorization: string | undefined): ClientRequest {
  const parameters = Object.entries(form).map(([name, value]) => ({ name, value }));
  return { parameters, authorization, clientAddress: '127.0.0.1' };
}
