import { KeyType as KeyTypeMessage, TokenKind as TokenKindMessage } from '@keygate/proto/keymanager/v1/key_validation';
import type { KeyType, TokenKind } from '../oauth2/model.js';

export function keyTypeMessage(keyType: KeyType): KeyTypeMessage {
  return keyType === 'PRODUCTION' ? KeyTypeMessage.KEY_TYPE_PRODUCTION : KeyTypeMessage.KEY_TYPE_SANDBOX;
}

export function tokenKindMessage(kind: TokenKind): TokenKindMessage {
  return kind === 'APPLICATION'
    ? TokenKindMessage.TOKEN_KIND_APPLICATION
    : TokenKindMessage.TOKEN_KIND_APPLICATION_USER;
}
