import { describe, expect, it } from 'vitest';
import { InvalidRequest, TemporarilyUnavailable, TooManyAttempts } from '../../oauth2/errors.js';
import { Refusal } from '../../refusal.js';
import { AlreadyExists, InvalidValue, NotFound, StoreUnavailable } from '../../storage/errors.js';
import { QueueFull } from '../../users/bounded-queue.js';
import { UnacceptablePassword } from '../../users/user-accounts.js';
import { errorTable } from './error-table.js';
import { toRestError, wso2ErrorBody } from './problem.js';

describe('errors on the wire', () => {
  it.each([
    [new Refusal('no_tiers', 'd'), 400, 903224],
    [new AlreadyExists('x'), 409, 409],
    [new NotFound('x'), 404, 404],
    [new InvalidValue('x'), 400, 400],
    [new UnacceptablePassword('x'), 400, 400],
    [new StoreUnavailable('x'), 503, 503],
    [new QueueFull(), 503, 503],
    [new TemporarilyUnavailable(), 503, 503],
    [new TooManyAttempts(7), 429, 429],
    [Object.assign(new Error('too large'), { statusCode: 413 }), 413, 413],
    [Object.assign(new Error('odd'), { statusCode: 302 }), 500, 500],
    [new InvalidRequest('an answer that nobody translated'), 500, 500],
    [new Error('secret detail'), 500, 500],
    ['a thrown text', 500, 500],
    [undefined, 500, 500],
  ])('%o → %i', (thrown, status, code) => {
    expect(toRestError(thrown)).toMatchObject({ status, code });
  });

  it('says nothing of what is behind a 5xx, and when to come back', () => {
    expect(JSON.stringify(toRestError(new Error('secret detail')))).not.toContain('secret detail');
    const unavailable = toRestError(new StoreUnavailable('postgres://user:secret@host'));
    expect(JSON.stringify(unavailable)).not.toContain('postgres');
    expect(unavailable.headers).toEqual({ 'Retry-After': '1' });
    expect(toRestError(new TooManyAttempts(7)).headers).toEqual({ 'Retry-After': '7' });
  });

  it('has the members that WSO2 clients read', () => {
    expect(wso2ErrorBody(toRestError(new Refusal('tier_invalid', 'd')))).toEqual({
      code: 900305,
      message: 'The tier name is invalid.',
      description: 'd',
      moreInfo: '',
      error: [],
    });
  });

  it('never uses the code that clients take for transient', () => {
    expect(Object.values(errorTable).map(({ code }) => code)).not.toContain(900967);
  });
});
