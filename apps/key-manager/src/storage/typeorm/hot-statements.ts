import { StoreUnavailable } from '../errors.js';
import { translated } from './database-errors.js';

/** A statement that is run for every token: the server parses and plans it once per connection, under this name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

interface Answer {
  readonly rows: unknown[];
  readonly rowCount: number | null;
}

interface Connection {
  on(event: 'error', listener: () => void): unknown;
  off(event: 'error', listener: () => void): unknown;
  query(query: { name?: string; text: string; values: readonly unknown[] }): Promise<Answer>;
}

/** What `pg.Pool` and the pool of the embedded database have in common. */
export interface ConnectionPool {
  connect(
    connected: (error: Error | undefined, connection: Connection, release: (broken?: Error | boolean) => void) => void,
  ): void;
}

/** SQLSTATE 26000 and 42P05: a pooler in front of the server has moved us to a connection that knows other names. */
const namesAreLost = new Set(['26000', '42P05']);

/**
 * Hot statements straight on the driver's pool. TypeORM's query runner would cost several times what the statement
 * does: it makes a runner, an event and a result object for each.
 */
export class HotStatements {
  #areNamed = true;

  constructor(private readonly pool: ConnectionPool) {}

  /** Rows and how many were changed. Throws what `translated` makes of an error. */
  run(statement: Statement, values: readonly unknown[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.pool.connect((refused, connection, release) => {
        if (refused) return reject(translated(refused));
        // The query fails with it; without a listener the process would end.
        connection.on('error', ignore);
        const giveBack = (broken?: Error) => {
          connection.off('error', ignore);
          release(broken);
        };
        this.#query(connection, statement, values).then(
          (answer) => {
            giveBack();
            resolve(answer);
          },
          (error: unknown) => {
            const known = translated(error);
            // A connection that failed or hangs must not go back into the pool.
            giveBack(known instanceof StoreUnavailable ? known : undefined);
            reject(known);
          },
        );
      });
    });
  }

  #query(connection: Connection, { name, text }: Statement, values: readonly unknown[]): Promise<Answer> {
    if (!this.#areNamed) return connection.query({ text, values });
    return connection.query({ name, text, values }).catch((error: { code?: string }) => {
      if (!namesAreLost.has(error.code ?? '')) throw error;
      // It was refused before it ran, so it may be sent again; from now on without a name.
      this.#areNamed = false;
      return connection.query({ text, values });
    });
  }
}

const ignore = () => undefined;
