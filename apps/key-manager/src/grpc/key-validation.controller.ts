import type {
  KeyValidationService,
  ValidateTokenRequest,
  ValidateTokenResponse,
} from '@keygate/proto/keymanager/v1/key_validation';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { AuthorizationServer } from '../authorization-server.js';
import { GrpcStatusFilter } from './grpc-status.filter.js';
import { validationMessage } from './token-messages.js';

@Controller()
@UseFilters(GrpcStatusFilter)
export class KeyValidationController implements KeyValidationService {
  constructor(@Inject(AuthorizationServer) private readonly server: AuthorizationServer) {}

  @GrpcMethod('KeyValidationService', 'validateToken')
  async validateToken({ tokenHash }: ValidateTokenRequest): Promise<ValidateTokenResponse> {
    return validationMessage(await this.server.validateToken(tokenHash));
  }
}
