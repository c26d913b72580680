/** The row to be made is there already. */
export class AlreadyExists extends Error {
  override readonly name = 'AlreadyExists';
  constructor(readonly what: string) {
    super(`${what} already exists`);
  }
}

/** The row to be changed, or one it refers to, is not there. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
  constructor(readonly what: string) {
    super(`${what} was not found`);
  }
}

/** What the change rests on was read before something that ended all tokens of the user. */
export class EpochMoved extends Error {
  override readonly name = 'EpochMoved';
  constructor(subject: string) {
    super(`the epoch of ${subject} has moved on`);
  }
}

/** A text that no database column takes: it holds U+0000 or half a surrogate pair. The caller says 400. */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue';
}

/** The database cannot answer now; the caller says 503. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
