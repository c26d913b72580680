import type { Metadata, ServerWritableStream } from '@grpc/grpc-js';
import type { RevocationMessage, WatchRevocationsRequest } from '@keygate/proto/keymanager/v1/revocation';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import { GrpcStatusFilter } from './grpc-status.filter.js';
import { OpenStreams } from './open-streams.js';
import { RevocationStream } from './revocation-stream.js';
import { servedStream } from './served-stream.js';

@Controller()
@UseFilters(GrpcStatusFilter)
export class RevocationController {
  constructor(
    @Inject(RevocationStream) private readonly stream: RevocationStream,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
  ) {}

  @GrpcMethod('RevocationService', 'watch')
  watch(
    { cursor }: WatchRevocationsRequest,
    _metadata: Metadata,
    call: ServerWritableStream<WatchRevocationsRequest, RevocationMessage>,
  ): Observable<RevocationMessage> {
    return servedStream(
      call,
      this.streams.during('revocations', (over) => this.stream.watch(cursor, over)),
    );
  }
}
