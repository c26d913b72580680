import type { Logger } from '@keygate/common/logging';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Assembly } from './assembly.js';
import { CatalogController } from './grpc/catalog.controller.js';
import { CatalogStream } from './grpc/catalog-stream.js';
import { AppLogger } from './grpc/grpc-status.filter.js';
import { OpenStreams } from './grpc/open-streams.js';
import { RevocationController } from './grpc/revocation.controller.js';
import { RevocationStream } from './grpc/revocation-stream.js';
import { UsageController } from './grpc/usage.controller.js';
import { UsageStore } from './statistics/usage-store.js';

@Module({})
class AppModule {}

/** Wiring only: every object is made in `assembly.ts`. */
export function appModule(assembly: Assembly, logger: Logger, imports: readonly DynamicModule[]): DynamicModule {
  return {
    module: AppModule,
    imports: [...imports],
    controllers: [CatalogController, RevocationController, UsageController],
    providers: [
      { provide: AppLogger, useValue: logger },
      { provide: CatalogStream, useValue: assembly.catalogStream },
      { provide: RevocationStream, useValue: assembly.revocationStream },
      { provide: OpenStreams, useValue: assembly.openStreams },
      { provide: UsageStore, useValue: assembly.storage.usage },
    ],
  };
}
