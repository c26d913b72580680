import { KeyType as KeyTypeMessage, TokenKind as TokenKindMessage } from '@keygate/proto/keymanager/v1/key_validation';
import type { TokenFacts } from '../oauth2/key-validation.js';
import type { KeyType } from '../oauth2/model.js';

export function keyTypeMessage(keyType: KeyType): KeyTypeMessage {
  return keyType === 'PRODUCTION' ? KeyTypeMessage.KEY_TYPE_PRODUCTION : KeyTypeMessage.KEY_TYPE_SANDBOX;
}

export function tokenKindMessage(kind: TokenFacts['kind']): TokenKindMessage {
  if (kind === 'API_KEY') return TokenKindMessage.TOKEN_KIND_API_KEY;
  return kind === 'APPLICATION'
    ? TokenKindMessage.TOKEN_KIND_APPLICATION
    : TokenKindMessage.TOKEN_KIND_APPLICATION_USER;
}
