import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { RevokedTokens, TokenIssuer } from './oauth2-endpoints/key-manager-port.js';
import { OAuthErrorFilter } from './oauth2-endpoints/oauth-error.filter.js';
import { RevokeController } from './oauth2-endpoints/revoke.controller.js';
import { TokenController } from './oauth2-endpoints/token.controller.js';
import { UnservedController } from './oauth2-endpoints/unserved.controller.js';

/** Wiring of what Nest hosts in the gateway. API traffic never passes through it. */
@Module({})
export class AppModule {}

export const appModule = (issuer: TokenIssuer, tokens: RevokedTokens): DynamicModule => ({
  module: AppModule,
  controllers: [TokenController, RevokeController, UnservedController],
  providers: [
    { provide: TokenIssuer, useValue: issuer },
    { provide: RevokedTokens, useValue: tokens },
    { provide: APP_FILTER, useClass: OAuthErrorFilter },
  ],
});
