import {
  type TokenFacts as TokenFactsMessage,
  TokenState,
  type ValidateTokenResponse,
} from '@keygate/proto/keymanager/v1/key_validation';
import type {
  ClientRequest as ClientRequestMessage,
  Introspection as IntrospectionMessage,
  OAuthErrorAnswer,
} from '@keygate/proto/keymanager/v1/token';
import type { ClientRequest } from '../oauth2/client-request.js';
import { InvalidRequest, type OAuthError } from '../oauth2/errors.js';
import type { Introspection } from '../oauth2/introspection.js';
import type { KeyValidation, TokenFacts } from '../oauth2/key-validation.js';
import type { Confirmation } from '../oauth2/model.js';
import { keyTypeMessage, tokenKindMessage } from './key-type.js';

export function clientRequest(message: ClientRequestMessage | undefined): ClientRequest {
  if (!message) throw new InvalidRequest('The request is empty.');
  const { parameters, authorization, clientAddress, clientCertificate, dpop, method, url } = message;
  const certificate = clientCertificate && Buffer.from(clientCertificate);
  return { parameters, authorization, clientAddress, clientCertificate: certificate, dpop, method, url };
}

export function errorMessage(error: OAuthError): OAuthErrorAnswer {
  return {
    error: error.error,
    errorDescription: error.description,
    status: error.status,
    wwwAuthenticate: error.wwwAuthenticate,
    retryAfter: error.retryAfterSeconds,
    dpopNonce: error.dpopNonce,
  };
}

export function introspectionMessage(introspection: Introspection): IntrospectionMessage {
  if (!introspection.active) return { active: false };
  const { confirmation, aud, ...facts } = introspection;
  return { ...facts, aud: [aud].flat().join(' '), ...confirmationMessage(confirmation) };
}

function confirmationMessage(confirmation: Confirmation | undefined) {
  if (!confirmation) return {};
  const { method, thumbprint } = confirmation;
  return method === 'jkt' ? { cnfJkt: thumbprint } : { cnfX5tS256: thumbprint };
}

const states = {
  ACTIVE: TokenState.TOKEN_STATE_ACTIVE,
  UNKNOWN: TokenState.TOKEN_STATE_UNKNOWN,
  EXPIRED: TokenState.TOKEN_STATE_EXPIRED,
  REVOKED: TokenState.TOKEN_STATE_REVOKED,
} as const;

export function validationMessage(validation: KeyValidation): ValidateTokenResponse {
  const { state, revocationSeq } = validation;
  const facts = 'facts' in validation ? factsMessage(validation.facts) : undefined;
  return { state: states[state], facts, revocationSeq };
}

function factsMessage(facts: TokenFacts): TokenFactsMessage {
  return {
    clientId: facts.clientId,
    applicationId: facts.applicationId ?? '',
    keyType: keyTypeMessage(facts.keyType),
    user: facts.user ?? '',
    tenantDomain: facts.tenantDomain,
    scopes: [...facts.scope],
    issuedAt: facts.issuedAt,
    expiresAt: facts.expiresAt ?? 0,
    tokenKind: tokenKindMessage(facts.kind),
    grantId: facts.grantId,
    ...confirmationMessage(facts.confirmation),
    audience: [...facts.audience],
    permittedIps: [...(facts.permittedIps ?? [])],
    permittedReferers: [...(facts.permittedReferers ?? [])],
    userClaims: facts.userClaims && JSON.stringify(facts.userClaims),
  };
}
