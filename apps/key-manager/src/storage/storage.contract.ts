import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiStoreContract } from './api.store.contract.js';
import { apiKeyStoreContract } from './api-key.store.contract.js';
import { applicationStoreContract } from './application.store.contract.js';
import { auditStoreContract } from './audit.store.contract.js';
import { certificateStoreContract } from './certificate.store.contract.js';
import { codeStoreContract } from './code.store.contract.js';
import { denyRuleStoreContract } from './deny-rule.store.contract.js';
import { feedsContract } from './feeds.contract.js';
import { type Subject, TestClock } from './fixtures.contract.js';
import { identityProviderStoreContract } from './identity-provider.store.contract.js';
import { janitorContract } from './janitor.contract.js';
import { keyManagerStoreContract } from './key-manager.store.contract.js';
import { loginStoreContract } from './login.store.contract.js';
import { operationPolicyStoreContract } from './operation-policy.store.contract.js';
import { policyStoreContract } from './policy.store.contract.js';
import { reusableTokensContract } from './reusable-tokens.contract.js';
import { scopeLossesContract } from './scope-losses.contract.js';
import { scopeTextStoreContract } from './scope-text.store.contract.js';
import { signingKeyStoreContract } from './signing-key.store.contract.js';
import type { Storage } from './storage.js';
import { subscriptionStoreContract } from './subscription.store.contract.js';
import { tenantStoreContract } from './tenant.store.contract.js';
import { tokenStoreContract } from './token.store.contract.js';
import { tokenEpochsContract } from './token-epochs.contract.js';
import { userStoreContract } from './user.store.contract.js';

export interface Opened {
  readonly storage: Storage;
  /** After the storage is closed. */
  cleanUp(): Promise<void>;
}

/** What every storage promises. A new one is opened for the suite; cases keep apart by names of their own. */
export function storageContract(open: (clock: TestClock) => Promise<Opened>): void {
  const clock = new TestClock();
  let opened: Opened | undefined;
  const storage = (): Storage => {
    if (opened === undefined) throw new Error('the storage is not open yet');
    return opened.storage;
  };
  const subject: Subject = { storage, clock };

  beforeAll(async () => {
    opened = await open(clock);
  });
  afterAll(async () => {
    await opened?.storage.close();
    await opened?.cleanUp();
  });

  it('answers a ping', async () => {
    await expect(storage().ping()).resolves.toBeUndefined();
  });
  it('keeps the first server key it is used with, and knows it again', async () => {
    const { serverKey } = storage();
    const claims = await Promise.all(['a', 'b'].map((fingerprint) => serverKey.claimServerKey(fingerprint)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    const first = claims[0] ? 'a' : 'b';
    expect(await serverKey.claimServerKey(first)).toBe(true);
    expect(await serverKey.claimServerKey('c')).toBe(false);
  });
  describe('tokens', () => tokenStoreContract(subject));
  describe('token epochs', () => tokenEpochsContract(subject));
  describe('codes', () => codeStoreContract(subject));
  describe('logins and consents', () => loginStoreContract(subject));
  describe('words of scopes', () => scopeTextStoreContract(subject));
  describe('audit log', () => auditStoreContract(subject));
  describe('users', () => userStoreContract(subject));
  describe('applications', () => applicationStoreContract(subject));
  describe('API keys', () => apiKeyStoreContract(subject));
  describe('APIs', () => apiStoreContract(subject));
  describe('subscriptions', () => subscriptionStoreContract(subject));
  describe('scope bindings', () => scopeLossesContract(subject));
  describe('tenants', () => tenantStoreContract(subject));
  describe('throttling policies', () => policyStoreContract(subject));
  describe('deny rules', () => denyRuleStoreContract(subject));
  describe('reusable tokens', () => reusableTokensContract(subject));
  describe('signing keys', () => signingKeyStoreContract(subject));
  describe('operation policies', () => operationPolicyStoreContract(subject));
  describe('identity providers', () => identityProviderStoreContract(subject));
  describe('certificates', () => certificateStoreContract(subject));
  describe('key managers', () => keyManagerStoreContract(subject));
  describe('feeds', () => feedsContract(subject));
  describe('janitor', () => janitorContract(subject));
}
