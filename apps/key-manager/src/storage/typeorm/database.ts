import type { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, EntitySchema, ObjectLiteral, QueryDeepPartialEntity, QueryRunner, Repository } from 'typeorm';
import { AlreadyExists, InvalidValue, StoreUnavailable } from '../errors.js';
import { TryAgain, translated, UniqueViolation } from './database-errors.js';
import { type ConnectionPool, type HotQueries, HotStatements, type Statement } from './hot-statements.js';

/** One connection, inside a transaction or not. */
export class Session {
  constructor(private readonly runner: QueryRunner) {}

  /** The rows of a hand-written statement. */
  async rows<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    const { records } = await this.runner.query(sql, parameters, true);
    return records as Row[];
  }

  async row<Row>(sql: string, parameters: unknown[] = []): Promise<Row | undefined> {
    return (await this.rows<Row>(sql, parameters))[0];
  }

  /** How many rows a hand-written statement changed. */
  async changed(sql: string, parameters: unknown[] = []): Promise<number> {
    const { affected } = await this.runner.query(sql, parameters, true);
    return affected ?? 0;
  }

  table<Row extends ObjectLiteral>(entity: EntitySchema<Row>): Repository<Row> {
    return this.runner.manager.getRepository(entity);
  }
}

const attempts = 4;

/** The data source, with its errors in our words and transactions that survive a deadlock. */
export class Database {
  readonly #running = new Set<Promise<unknown>>();
  readonly #hot: HotStatements;
  #closing = false;

  constructor(readonly dataSource: DataSource) {
    // TypeORM's types don't show the pool it keeps.
    this.#hot = new HotStatements((dataSource.driver as unknown as { readonly master: ConnectionPool }).master);
  }

  /** Lets what is under way finish. TypeORM would take the connections from under it. */
  async close(): Promise<void> {
    this.#closing = true;
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    await this.dataSource.destroy();
  }

  /** One statement, or reads that need no common snapshot. */
  run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#tracked(async () => {
      try {
        return await this.#once(work);
      } catch (error) {
        throw error instanceof TryAgain ? new StoreUnavailable(error.message) : error;
      }
    });
  }

  /** The rows of a hot statement, on its own. */
  async hot<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    return (await this.#runHot(statement, values)).rows as Row[];
  }

  /** Like `hot`, for a search: a text that no column can hold is found nowhere. */
  async hotFind<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    try {
      return await this.hot<Row>(statement, values);
    } catch (error) {
      if (error instanceof InvalidValue) return [];
      throw error;
    }
  }

  /** How many rows a hot statement changed. */
  async hotChanged(statement: Statement, values: readonly unknown[]): Promise<number> {
    return (await this.#runHot(statement, values)).rowCount ?? 0;
  }

  #runHot(statement: Statement, values: readonly unknown[]) {
    return this.#tracked(async () => {
      try {
        return await this.#hot.run(statement, values);
      } catch (error) {
        throw error instanceof TryAgain ? new StoreUnavailable(error.message) : error;
      }
    });
  }

  async #tracked<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new StoreUnavailable('The database is being closed');
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async #once<T>(work: (session: Session) => Promise<T>, begin?: Begin): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await (begin ? inTransaction(runner, begin, work) : work(new Session(runner)));
    } catch (error) {
      const known = translated(error);
      if (known instanceof StoreUnavailable) await discard(runner, known);
      throw known;
    } finally {
      await runner.release();
    }
  }

  /** Like `run`, for a search: a text that no column can hold is found nowhere. */
  async find<T>(nothing: T, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await this.run(work);
    } catch (error) {
      if (error instanceof InvalidValue) return nothing;
      throw error;
    }
  }

  /** All of `work` or nothing. It may run again after a deadlock, so it must change nothing but the database. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#tracked(() => this.#inTransaction(undefined, work));
  }

  /** Reads that all see the same moment. */
  snapshot<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#tracked(() => this.#inTransaction('REPEATABLE READ', work));
  }

  /** Like `transaction`, for statements by hand that run for every token: each is prepared, none goes through TypeORM. */
  hotTransaction<T>(work: (queries: HotQueries) => Promise<T>): Promise<T> {
    return this.#tracked(() => persistently(() => this.#hot.transaction(work)));
  }

  #inTransaction<T>(isolation: Begin['isolation'], work: (session: Session) => Promise<T>): Promise<T> {
    return persistently(() => this.#once(work, { isolation }));
  }
}

/** Again after a deadlock or a failed serialization, a few times. */
async function persistently<T>(attemptOnce: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOnce();
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      if (attempt === attempts) throw new StoreUnavailable(error.message);
      await pause(Math.random() * 20 * attempt);
    }
  }
}

/** What both kinds of transactions offer to statements by hand. */
export type Queries = Pick<Session, 'rows' | 'row' | 'changed'>;

interface Begin {
  /** Undefined: read committed, which the data source sets for each connection. */
  readonly isolation: 'REPEATABLE READ' | undefined;
}

async function inTransaction<T>(
  runner: QueryRunner,
  { isolation }: Begin,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  await runner.startTransaction(isolation);
  try {
    const result = await work(new Session(runner));
    await runner.commitTransaction();
    return result;
  } catch (error) {
    const known = translated(error);
    // On a connection that is gone the server rolls back by itself.
    if (!(known instanceof StoreUnavailable)) await runner.rollbackTransaction();
    throw known;
  }
}

/** A connection that failed or hangs must not go back into the pool. */
async function discard(runner: QueryRunner, error: Error): Promise<void> {
  try {
    const connection: EventEmitter = await runner.connect();
    // TypeORM releases a connection that reports an error as broken.
    connection.emit('error', error);
  } catch {
    // There was no connection to begin with.
  }
}

/** A row for `insert` or `update`, whose types also want room for SQL in the place of each value. */
export const plain = <Row extends object>(row: Row) => row as QueryDeepPartialEntity<Row>;

/** Says what exists already when `work` hits a unique constraint. */
export async function unlessTaken<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof UniqueViolation ? new AlreadyExists(what) : error;
  }
}
