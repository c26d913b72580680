import { InvalidValue, StoreUnavailable } from '../errors.js';

/** A unique constraint was hit; the store that knows what was being made says what exists already. */
export class UniqueViolation extends Error {
  override readonly name = 'UniqueViolation';
}

/** A bug or a damaged schema. Holds no parameters: they are hashes and names that belong in no log. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed';
}

/** Serialization failure or deadlock: the same transaction will do when it is run again. */
export class TryAgain extends Error {
  override readonly name = 'TryAgain';
}

/** SQLSTATE classes and codes (PostgreSQL, appendix A) that mean "not now". */
const unavailable =
  /^(08...|57P0[1-5]|57014|53...|58...|25006|25P03|55P03|28...|3D000|ECONN.*|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/;
/** pg and pg-pool give these no code. */
const lostConnection =
  /connection (terminated|error|ended)|timeout|not queryable|client was closed|pool after calling end/i;

const unstorableText = ['22021', '22P05'];
const tryAgain = ['40001', '40P01'];
/** What the database or its driver threw, in the words of the stores; an error of our own passes through. */
export function translated(error: unknown): unknown {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code === '23505') return new UniqueViolation(message);
  if (code !== undefined && unstorableText.includes(code)) return new InvalidValue(message);
  if (code !== undefined && tryAgain.includes(code)) return new TryAgain(`${message} (${code})`);
  if (code !== undefined ? unavailable.test(code) : lostConnection.test(message) && isForeign(error)) {
    return new StoreUnavailable(`The database cannot answer now: ${message}${code ? ` (${code})` : ''}`);
  }
  if (code === undefined && !isQueryFailure(error)) return error;
  return new StatementFailed(`${message}${code ? ` (${code})` : ''}`);
}

function codeOf(error: unknown): string | undefined {
  const driverError = isQueryFailure(error) ? error.driverError : error;
  const code = (driverError as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

function isQueryFailure(error: unknown): error is Error & { driverError: unknown } {
  return error instanceof Error && 'driverError' in error;
}

/** Errors of the driver are plain; ours and the language's have names of their own. */
function isForeign(error: unknown): boolean {
  return error instanceof Error && (error.name === 'Error' || isQueryFailure(error));
}
