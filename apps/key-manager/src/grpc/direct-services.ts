import type { Logger } from '@keygate/common/logging';
import { HotPathServiceService } from '@keygate/proto/keymanager/v1/hot_path';
import { IdentityServiceService } from '@keygate/proto/keymanager/v1/identity';
import { KeyValidationServiceService } from '@keygate/proto/keymanager/v1/key_validation';
import { TokenServiceService } from '@keygate/proto/keymanager/v1/token';
import type { Assembly } from '../assembly.js';
import type { DirectService } from './grpc-transport.js';
import { hotPathAnswers } from './hot-path-answer.js';
import { hotPathService } from './hot-path-service.js';
import { identityService } from './identity-service.js';
import { TokenCalls } from './token-calls.js';
import { keyValidationService, tokenService } from './unary-calls.js';

/** What is called for every token: one by one, and over the stream. */
export function directServices(
  parts: Pick<Assembly, 'server' | 'callers' | 'openStreams' | 'identity' | 'checkUser'>,
  logger: Logger,
  maxInFlight: number,
): readonly DirectService[] {
  const { server, callers, openStreams, identity } = parts;
  const calls = new TokenCalls(server, callers, logger);
  return [
    {
      name: 'keymanager.v1.TokenService',
      definition: TokenServiceService,
      implementation: { ...tokenService(calls, logger) },
    },
    {
      name: 'keymanager.v1.KeyValidationService',
      definition: KeyValidationServiceService,
      implementation: { ...keyValidationService(calls, logger) },
    },
    {
      name: 'keymanager.v1.IdentityService',
      definition: IdentityServiceService,
      implementation: { ...identityService(identity, server, parts, logger) },
    },
    {
      name: 'keymanager.v1.HotPathService',
      definition: HotPathServiceService,
      implementation: { ...hotPathService(hotPathAnswers(calls, logger), openStreams, maxInFlight) },
    },
  ];
}
