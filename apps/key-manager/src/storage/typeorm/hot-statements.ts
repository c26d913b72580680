import { StoreUnavailable } from '../errors.js';
import { TryAgain, translated } from './database-errors.js';

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
  readonly #texts = new Map<string, Statement>();

  constructor(private readonly pool: ConnectionPool) {}

  /** Rows and how many were changed. Throws what `translated` makes of an error. */
  run(statement: Statement, values: readonly unknown[]): Promise<Answer> {
    return this.#lease((connection) =>
      this.#query(connection, statement, values).catch((error: { code?: string }) => {
        // It was refused before it ran, so it may be sent again; from now on without a name.
        if (!this.#losesNames(error)) throw error;
        return this.#query(connection, statement, values);
      }),
    );
  }

  /** All of `work` or nothing, on one connection. */
  transaction<T>(work: (queries: HotQueries) => Promise<T>): Promise<T> {
    return this.#lease(async (connection) => {
      await connection.query({ text: 'begin', values: [] });
      try {
        const result = await work(new HotQueries((text, values) => this.#query(connection, this.#named(text), values)));
        await connection.query({ text: 'commit', values: [] });
        return result;
      } catch (error) {
        const isLost = this.#losesNames(error as { code?: string });
        const known = isLost ? new TryAgain('the names of statements are lost') : translated(error);
        // On a connection that is gone the server rolls back by itself.
        if (!(known instanceof StoreUnavailable)) await connection.query({ text: 'rollback', values: [] });
        throw known;
      }
    });
  }

  #lease<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.pool.connect((refused, connection, release) => {
        if (refused) return reject(translated(refused));
        // The query fails with it; without a listener the process would end.
        connection.on('error', ignore);
        const giveBack = (broken?: Error) => {
          connection.off('error', ignore);
          release(broken);
        };
        work(connection).then(
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
    return connection.query(this.#areNamed ? { name, text, values } : { text, values });
  }

  #losesNames({ code = '' }: { code?: string }): boolean {
    if (!this.#areNamed || !namesAreLost.has(code)) return false;
    this.#areNamed = false;
    return true;
  }

  /** The texts of transactions are constants of the stores, so there are as many names as statements. */
  #named(text: string): Statement {
    let statement = this.#texts.get(text);
    if (!statement) {
      statement = { name: `in_transaction_${this.#texts.size}`, text };
      this.#texts.set(text, statement);
    }
    return statement;
  }
}

/** The statements of one transaction, in the shape of a session. */
export class HotQueries {
  constructor(private readonly ask: (text: string, values: readonly unknown[]) => Promise<Answer>) {}

  async rows<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.ask(text, values)).rows as Row[];
  }

  async row<Row>(text: string, values: unknown[] = []): Promise<Row | undefined> {
    return (await this.rows<Row>(text, values))[0];
  }

  async changed(text: string, values: unknown[] = []): Promise<number> {
    return (await this.ask(text, values)).rowCount ?? 0;
  }
}

const ignore = () => undefined;
