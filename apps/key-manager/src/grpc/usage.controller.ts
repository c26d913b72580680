import type { UsageBatch, UsageReceipt } from '@keygate/proto/keymanager/v1/usage';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcStreamMethod } from '@nestjs/microservices';
import { concatMap, count, map, type Observable } from 'rxjs';
import { UsageStore } from '../statistics/usage-store.js';
import { GrpcStatusFilter } from './grpc-status.filter.js';

@Controller()
@UseFilters(GrpcStatusFilter)
export class UsageController {
  constructor(@Inject(UsageStore) private readonly usage: UsageStore) {}

  /** One batch after the other, so that a gateway cannot pile up writes; the receipt counts what was stored. */
  @GrpcStreamMethod('UsageService', 'report')
  report(batches: Observable<UsageBatch>): Observable<UsageReceipt> {
    return batches.pipe(
      concatMap(({ minute, counts }) => this.usage.addUsage(counts.map((counted) => ({ ...counted, minute })))),
      count(),
      map((stored) => ({ batches: stored })),
    );
  }
}
