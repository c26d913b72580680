/** The key manager did not answer, or not in time: nothing was decided. The gateway answers 503, never 401. */
export class KeyManagerUnavailable extends Error {
  override readonly name = 'KeyManagerUnavailable';
}

/** The key manager answered with a gRPC status that means a bug or a refusal of this gateway, not an outage. */
export class KeyManagerFault extends Error {
  override readonly name = 'KeyManagerFault';
}
