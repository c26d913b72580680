import { Metadata } from '@grpc/grpc-js';
import { correlationOf } from '@keygate/common/logging';

/** The correlation id a gateway sent along with a call, or a new one. */
export function correlationOfCall(metadata: unknown): string {
  if (!(metadata instanceof Metadata)) return correlationOf({});
  const value = (name: string) => metadata.get(name)[0]?.toString();
  return correlationOf({ 'x-correlation-id': value('x-correlation-id'), traceparent: value('traceparent') });
}
