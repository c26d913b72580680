import type { ServiceDefinition } from '@grpc/grpc-js';
import { CatalogServiceService } from '@keygate/proto/keymanager/v1/catalog';
import { IdentityServiceService } from '@keygate/proto/keymanager/v1/identity';
import { KeyValidationServiceService } from '@keygate/proto/keymanager/v1/key_validation';
import { RevocationServiceService } from '@keygate/proto/keymanager/v1/revocation';
import { TokenServiceService } from '@keygate/proto/keymanager/v1/token';
import { UsageServiceService } from '@keygate/proto/keymanager/v1/usage';

/**
 * All services of the key manager for Nest's gRPC transport. The generated static codecs are used rather than
 * proto-loader, so that a message has exactly the shape its generated type says.
 */
export const keyManagerPackageDefinition: Readonly<Record<string, ServiceDefinition>> = {
  'keymanager.v1.TokenService': TokenServiceService,
  'keymanager.v1.KeyValidationService': KeyValidationServiceService,
  'keymanager.v1.IdentityService': IdentityServiceService,
  'keymanager.v1.CatalogService': CatalogServiceService,
  'keymanager.v1.RevocationService': RevocationServiceService,
  'keymanager.v1.UsageService': UsageServiceService,
};
