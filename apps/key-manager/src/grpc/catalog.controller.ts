import type { Metadata, ServerWritableStream } from '@grpc/grpc-js';
import type { CatalogMessage, WatchCatalogRequest } from '@keygate/proto/keymanager/v1/catalog';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import { CatalogStream } from './catalog-stream.js';
import { GrpcStatusFilter } from './grpc-status.filter.js';
import { OpenStreams } from './open-streams.js';
import { servedStream } from './served-stream.js';

@Controller()
@UseFilters(GrpcStatusFilter)
export class CatalogController {
  constructor(
    @Inject(CatalogStream) private readonly stream: CatalogStream,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
  ) {}

  @GrpcMethod('CatalogService', 'watch')
  watch(
    { revision, environment, gatewayId }: WatchCatalogRequest,
    _metadata: Metadata,
    call: ServerWritableStream<WatchCatalogRequest, CatalogMessage>,
  ): Observable<CatalogMessage> {
    return servedStream(
      call,
      this.streams.follow({ environment, gatewayId }, (over) => this.stream.watch(revision, environment, over)),
    );
  }
}
