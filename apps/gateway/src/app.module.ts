import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { GatewayIdentity } from './identity/gateway-identity.js';
import { AuthorizeController } from './oauth2-endpoints/authorize.controller.js';
import { IdentityController } from './oauth2-endpoints/identity.controller.js';
import { RevokedTokens, TokenIssuer } from './oauth2-endpoints/key-manager-port.js';
import { OAuthErrorFilter } from './oauth2-endpoints/oauth-error.filter.js';
import { RevokeController } from './oauth2-endpoints/revoke.controller.js';
import { TokenController } from './oauth2-endpoints/token.controller.js';
import { UnservedController } from './oauth2-endpoints/unserved.controller.js';
import { UserInfoController } from './oauth2-endpoints/userinfo.controller.js';

/** Wiring of what Nest hosts in the gateway. API traffic never passes through it. */
@Module({})
export class AppModule {}

export const appModule = (issuer: TokenIssuer, tokens: RevokedTokens, identity: GatewayIdentity): DynamicModule => ({
  module: AppModule,
  controllers: [
    TokenController,
    RevokeController,
    AuthorizeController,
    IdentityController,
    UserInfoController,
    UnservedController,
  ],
  providers: [
    { provide: TokenIssuer, useValue: issuer },
    { provide: RevokedTokens, useValue: tokens },
    { provide: GatewayIdentity, useValue: identity },
    { provide: APP_FILTER, useClass: OAuthErrorFilter },
  ],
});
