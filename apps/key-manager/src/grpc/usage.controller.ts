import type { Metadata, ServerReadableStream } from '@grpc/grpc-js';
import type { UsageBatch, UsageReceipt } from '@keygate/proto/keymanager/v1/usage';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcStreamMethod } from '@nestjs/microservices';
import { concatMap, count, map, type Observable, tap } from 'rxjs';
import { UsageStore } from '../statistics/usage-store.js';
import { GrpcStatusFilter } from './grpc-status.filter.js';

/** Batches of one stream that are read ahead of the database. */
const mostWaiting = 8;

@Controller()
@UseFilters(GrpcStatusFilter)
export class UsageController {
  constructor(@Inject(UsageStore) private readonly usage: UsageStore) {}

  /** One batch after the other, so that a gateway cannot pile up writes; the receipt counts what was stored. */
  @GrpcStreamMethod('UsageService', 'report')
  report(
    batches: Observable<UsageBatch>,
    _metadata: Metadata,
    call: ServerReadableStream<UsageBatch, UsageReceipt>,
  ): Observable<UsageReceipt> {
    let waiting = 0;
    return batches.pipe(
      tap(() => {
        waiting += 1;
        if (waiting >= mostWaiting) call.pause();
      }),
      concatMap(async ({ minute, counts }) => {
        await this.usage.addUsage(counts.map((counted) => ({ ...counted, minute })));
        waiting -= 1;
        if (waiting < mostWaiting) call.resume();
      }),
      count(),
      map((stored) => ({ batches: stored })),
    );
  }
}
