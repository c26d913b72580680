/** One row: what a client gets when a request ends this way. */
export interface Fault {
  /** WSO2's code where it has one, else the HTTP status. */
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly description: string;
}
