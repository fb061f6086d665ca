/** Connections to PostgreSQL: a bounded pool with time limits, transactions, COPY; faults in words, without the password. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient, PoolConfig } from 'pg';
import type { CopyStreamQuery } from 'pg-copy-streams';
import type { PostgresConfig } from '../../../config/collect-schema.ts';
import { readInTime } from '../../../files/read-file.ts';
import { errorText } from '../../../model/error-text.ts';
import { tlsFaultOf } from '../../../model/tls-fault.ts';
import type { World } from '../../../model/world.ts';
import { SinkFault } from '../batch.ts';
import { createServers, type Servers } from './servers.ts';

/** Tables lie in a schema of their own. */
export const SCHEMA = 'webscada';
/** Name of our connections there. */
export const APPLICATION = 'webscada-edge';

export interface Database {
  /** Rows of one statement. */
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Runs `work` in a transaction, which is undone when it throws. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Runs `work` on what the tables hold at one moment, whatever is written meanwhile. */
  snapshot<T>(work: (query: Session['query']) => Promise<T>): Promise<T>;
  /** Names the life of the server that is asked: another one when what was committed need not be there any more. '' before it was asked. */
  life(): string;
  close(): Promise<void>;
}

/** One connection inside of a transaction. */
export interface Session {
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** COPY in text format: `lineOf` gives a row with its end. PostgreSQL takes the first rows while the next are made. */
  copy<Row>(target: string, rows: readonly Row[], lineOf: (row: Row) => string): Promise<void>;
}

const CONNECT_MS = 10_000;
const COPY_CHUNK = 500;
/** Whatever the role's or the database's default is: who waits for a lock has to see what the one before has written. */
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/** Pools for the servers of `url`. Opens nothing yet. */
export async function openDatabase(config: PostgresConfig, url: string, world: World): Promise<Database> {
  const { Pool, copyFrom } = await import('./library.ts');
  const ca = config.caFile === undefined ? undefined : await readInTime(config.caFile, world.clock);
  const common: PoolConfig = {
    ...(config.password === undefined ? {} : { password: config.password }),
    ...(config.tls ? { ssl: { rejectUnauthorized: true, ...(ca ? { ca: ca.toString() } : {}) } } : {}),
    max: config.poolMax,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: config.timeoutMs + 5_000,
    application_name: APPLICATION,
    keepAlive: true,
  };
  const servers = createServers(url, world.clock, (own) => {
    const pool = new Pool({ ...common, ...own });
    // A connection that breaks while it is idle; the next one is made when it is needed.
    pool.on('error', (error) =>
      world.logger.debug('collect.postgres_idle_lost', { error: errorText(error) }),
    );
    pool.on('connect', (client) => client.on('error', () => {}));
    return pool;
  });
  const settings = settingsOf(config.timeoutMs);
  const transact = <T>(begin: string, work: (session: Session) => Promise<T>): Promise<T> =>
    inTransaction(servers, `${begin}; ${settings}`, (client) => work(sessionOn(client, copyFrom)));
  return {
    query: (text, values) => transact(BEGIN, ({ query }) => query(text, values)),
    transaction: (work) => transact(BEGIN, work),
    snapshot: (work) =>
      transact('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', ({ query }) => work(query)),
    life: servers.life,
    close: servers.close,
  };
}

/**
 * Set in each transaction, for it alone: a pooler in between (PgBouncer) takes no settings with the connection, and gives
 * each transaction another one. Its last row is which life of the server it is in.
 */
function settingsOf(timeoutMs: number): string {
  return [
    `SET LOCAL search_path = ${SCHEMA}, public`,
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO'",
    `SET LOCAL statement_timeout = ${timeoutMs}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${timeoutMs}`,
    // Acknowledged means on disk, whatever the server's usual setting is.
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
    'SELECT pg_postmaster_start_time()::text AS started',
  ].join('; ');
}

async function inTransaction<T>(
  servers: Servers,
  begin: string,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await servers.connect();
  let broken: Error | undefined;
  try {
    // Of several statements the client gives a list of results.
    const results = [await client.query<Record<string, unknown>>(begin)].flat();
    servers.noteLife(client, String(results.at(-1)?.rows[0]?.started));
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error));
    // Without an answer nobody knows in which state the connection is.
    if (sqlState(error) !== undefined) {
      broken = await client.query('ROLLBACK').then(
        () => undefined,
        (failure: Error) => failure,
      );
    }
    throw error;
  } finally {
    client.release(broken);
  }
}

function sessionOn(client: PoolClient, copyFrom: (text: string) => CopyStreamQuery): Session {
  return {
    async query(text, values) {
      const { rows } = await client.query<Record<string, unknown>>(text, values ? [...values] : []);
      return rows;
    },
    async copy(target, rows, lineOf) {
      function* chunks(): Generator<Buffer> {
        for (let at = 0; at < rows.length; at += COPY_CHUNK)
          yield Buffer.from(
            rows
              .slice(at, at + COPY_CHUNK)
              .map(lineOf)
              .join(''),
          );
      }
      await pipeline(Readable.from(chunks()), client.query(copyFrom(`COPY ${target} FROM STDIN`)));
    },
  };
}

/** PostgreSQL's five characters for what is wrong; undefined when it was not PostgreSQL that spoke. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Whether the fault is in a row: a value no table can hold, a body nested too deep. */
export function isDataFault(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return (
    (state.startsWith('22') || state.startsWith('23') || state === '54001' || state === '54000') &&
    state !== '23505'
  );
}

/** What to do about a database that cannot hold every character. */
export const ENCODING_HINT =
  "create one that can, and name it in postgres.url: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0";

const ADVICE: readonly (readonly [RegExp, string, string])[] = [
  [
    /^28/,
    'PostgreSQL refuses user name or password',
    'correct postgres.url and postgres.password; look at pg_hba.conf',
  ],
  [/^3D/, 'PostgreSQL has no such database', 'create it, or correct postgres.url'],
  [
    /^42501$/,
    'the user may not do what collect needs',
    'let it create a schema in the database: GRANT CREATE ON DATABASE … TO …',
  ],
  [
    /^25006$/,
    'PostgreSQL lets nothing be written: it is a replica, or default_transaction_read_only is on',
    'nothing if a fail-over is under way; else give the primary, or see who set it (a provider does when the disk is full)',
  ],
  [
    /^57P0/,
    'PostgreSQL is starting or stopping, or has ended the connection',
    'nothing: it goes on by itself',
  ],
  [/^22P05$/, 'the encoding of the database has no place for a character of the records', ENCODING_HINT],
  [/^53100$/, 'the disk of PostgreSQL is full', 'make room there; nothing is lost meanwhile'],
  [
    /^53300$/,
    'PostgreSQL takes no more connections',
    'look at max_connections, at CONNECTION LIMIT of the role and of the database, and at postgres.pool_max of each copy',
  ],
  [/^53/, 'PostgreSQL has no room, for memory as a rule', 'look at its memory and its log'],
  [
    /^55P03$/,
    'somebody holds a table that collect writes to longer than lock_timeout',
    'look in pg_locks for who does: LOCK TABLE, VACUUM FULL, a change of the table',
  ],
  [
    /^57014$/,
    'a statement took longer than postgres.timeout_ms',
    'look at what PostgreSQL is busy with, and in pg_locks for who holds a table',
  ],
];

/** Neither the line's nor the server's: those come with a code, of Node or of PostgreSQL. */
function isOwnFault(error: unknown): boolean {
  const isOfCode =
    error instanceof RangeError || error instanceof TypeError || error instanceof ReferenceError;
  return isOfCode && !('code' in error) && error.cause === undefined;
}

/** What was thrown, as a fault of the sink in words. */
export function toSinkFault(error: unknown): SinkFault {
  if (error instanceof SinkFault) return error;
  const state = sqlState(error);
  if (state !== undefined) {
    const [, words, hint] = ADVICE.find(([pattern]) => pattern.test(state)) ?? [
      null,
      `PostgreSQL answers with error ${state}: ${errorText(error)}`,
      'look at the log of PostgreSQL',
    ];
    return new SinkFault(words, hint);
  }
  if (tlsFaultOf(error)) {
    return new SinkFault(
      `no TLS with PostgreSQL: ${errorText(error)}`,
      'check postgres.tls and postgres.ca_file',
    );
  }
  if (isOwnFault(error)) {
    return new SinkFault(
      `collect has met a fault of its own: ${errorText(error)}`,
      'report it, with the log; nothing is lost: what was not stored stays in Redis',
    );
  }
  return new SinkFault(
    `PostgreSQL cannot be reached: ${errorText(error)}`,
    'check postgres.url, the line, and that it runs',
  );
}
