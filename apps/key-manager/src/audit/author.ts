/** Who does something that is recorded, and from where. */
export interface Author {
  /** Full user name or client id; `operator` for whoever has the shell of the machine, `system` for the start. */
  readonly actor: string;
  /** The other end of the connection; absent when there was none. */
  readonly clientAddress?: string | undefined;
}

export const system: Author = { actor: 'system' };
