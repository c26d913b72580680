import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { InvalidValue, NotFound, StoreUnavailable } from '../errors.js';
import { StatementFailed, TryAgain, translated, UniqueViolation } from './database-errors.js';

const failure = (code: string | undefined, message = 'failed') =>
  new QueryFailedError('select $1', ['secret-parameter'], Object.assign(new Error(message), code ? { code } : {}));

describe('translated', () => {
  it.each(['08006', '08P01', '57P01', '57P03', '57014', '53300', '25006', 'ECONNREFUSED', 'ECONNRESET', 'EAI_AGAIN'])(
    'says that the database is away for %s',
    (code) => expect(translated(failure(code))).toBeInstanceOf(StoreUnavailable),
  );

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
  ])('says so for "%s" without a code', (message) => {
    expect(translated(new Error(message))).toBeInstanceOf(StoreUnavailable);
    expect(translated(failure(undefined, message))).toBeInstanceOf(StoreUnavailable);
  });

  it('knows what can be tried again, what is taken and what cannot be stored', () => {
    expect(translated(failure('40001'))).toBeInstanceOf(TryAgain);
    expect(translated(failure('40P01'))).toBeInstanceOf(TryAgain);
    expect(translated(failure('23505'))).toBeInstanceOf(UniqueViolation);
    expect(translated(failure('22021'))).toBeInstanceOf(InvalidValue);
  });

  it('tells nothing of the parameters of a statement that failed otherwise', () => {
    const error = translated(failure('42601')) as Error;
    expect(error).toBeInstanceOf(StatementFailed);
    expect(JSON.stringify(error) + error.stack + error.message).not.toContain('secret-parameter');
  });

  it('leaves our own errors and those of the language alone', () => {
    for (const error of [new NotFound('x'), new TypeError('timeout is not a function'), new RangeError('x')]) {
      expect(translated(error)).toBe(error);
    }
  });
});
