/** The sink PostgreSQL: tables and months as needed, each batch in one transaction, rows it cannot hold set aside. */
import type { PostgresConfig } from '../../../config/collect-schema.ts';
import { errorText } from '../../../model/error-text.ts';
import type { World } from '../../../model/world.ts';
import { type Batch, type Poison, type Sink, SinkFault, type SiteRecord, type Stored } from '../batch.ts';
import { alone, migrate } from './migrations.ts';
import { comingMonths, dropMonths, keptFromMs, makeMonth, missingMonths } from './partitions.ts';
import { APPLICATION, type Database, isDataFault, openDatabase, sqlState, toSinkFault } from './pool.ts';
import { coverages } from './queries.ts';
import { copyRow, RECORD_COLUMNS, rowFault } from './rows.ts';
import { storeBatch } from './store-batch.ts';

export interface PostgresSinkOptions {
  readonly config: PostgresConfig;
  readonly retention: { readonly months: number; readonly yearly: boolean };
  readonly world: World;
}

interface Context extends PostgresSinkOptions {
  database: Database | undefined;
  /** The life of the server in which the tables and `months` were seen. */
  life: string;
  readonly months: Set<number>;
  caution: SinkFault | undefined;
}

/** The sink; connects with the first batch. */
export function createPostgresSink(options: PostgresSinkOptions): Sink {
  const context: Context = {
    ...options,
    database: undefined,
    life: '',
    months: new Set(),
    caution: undefined,
  };
  return {
    name: 'postgres',
    store: (batch) => store(context, batch),
    account: {
      life: () => context.database?.life() ?? '',
      async read(sites) {
        try {
          const database = await ready(context);
          return await coverages(database.query, sites);
        } catch (error) {
          throw toSinkFault(error);
        }
      },
    },
    maintain: () => maintain(context),
    caution: () => context.caution,
    async close() {
      await context.database?.close();
    },
  };
}

/** The database, its tables up to date; looked at again in each life of the server: one that was promoted may lack the newest. */
async function ready(context: Context): Promise<Database> {
  const { config, world } = context;
  context.database ??= await openDatabase(config, config.url ?? '', world);
  const { database } = context;
  if (context.life === '' || database.life() !== context.life) {
    context.months.clear();
    await migrate(database);
    context.caution = await findCaution(database, world);
    context.life = database.life();
  }
  return database;
}

/** What is committed is on disk, unless the server leaves that to chance: no transaction can ask it for better. */
async function findCaution(database: Database, world: World): Promise<SinkFault | undefined> {
  const [row] = await database.query("SELECT current_setting('fsync') AS fsync");
  if (row?.fsync === 'on') return undefined;
  const caution = new SinkFault(
    'PostgreSQL runs with fsync = off: when its machine stops, it may lose what sites have forgotten, or all of it',
    'set fsync = on in postgresql.conf, and restart PostgreSQL',
  );
  world.logger.warn('collect.postgres_forgets', { detail: caution.message, hint: caution.hint });
  return caution;
}

async function store(context: Context, batch: Batch, isSecond = false): Promise<Stored> {
  try {
    const database = await ready(context);
    const { batch: sound, refused } = takeOut(batch, ({ record }) => rowFault(record));
    await makeMonths(context, database, sound);
    const outcome = await storeSound(context, database, sound, refused);
    return { ...outcome, refused: [...refused, ...outcome.refused] };
  } catch (error) {
    if (error === ANOTHER_SERVER && !isSecond) return store(context, batch, true);
    if (sqlState(error) === TOO_LONG) await endSleepers(context);
    throw toSinkFault(error);
  }
}

/** query_canceled: by the limit of time. */
const TOO_LONG = '57014';

/**
 * A copy that was stopped in the middle of a COPY holds the rows of its sites until it wakes: while PostgreSQL waits for a
 * client there, its limit of time ends nothing. Whoever waits for the rows ends that connection.
 */
async function endSleepers({ database, config, world }: Context): Promise<void> {
  try {
    const ended = await database?.query(
      `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = $1 AND usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()
         AND wait_event = 'ClientRead' AND xact_start IS NOT NULL AND query_start < now() - make_interval(secs => $2)`,
      [APPLICATION, config.timeoutMs / 1000],
    );
    if (ended && ended.length > 0) world.logger.warn('collect.sleepers_ended', { connections: ended.length });
  } catch (error) {
    world.logger.debug('collect.sleepers_stay', { error: errorText(error) });
  }
}

/** Stores what the tables can hold; what they cannot is found by halving, and goes with the batch as poison. */
async function storeSound(
  context: Context,
  database: Database,
  batch: Batch,
  refused: readonly Poison[],
): Promise<Stored> {
  const { world, retention } = context;
  const fromMs = keptFromMs(world.clock.nowMs(), retention.months);
  const attempt = async (work: Batch, isSlow: boolean): Promise<Stored> => {
    const stored = await database.transaction((session) => {
      if (database.life() !== context.life) throw ANOTHER_SERVER;
      return storeBatch(session, withPoison(work, refused), fromMs, isSlow);
    });
    // Found to be an old primary in the meantime: what it has committed is nothing.
    if (database.life() !== context.life) throw ANOTHER_SERVER;
    return stored;
  };
  try {
    return await attempt(batch, false);
  } catch (error) {
    // A number is there that nobody accounted for: somebody else has written to the table.
    if (sqlState(error) === '23505') return attempt(batch, true);
    if (!isDataFault(error)) throw error;
    const faults = await findFaults(database, recordsOf(batch));
    if (faults.size === 0) throw error;
    const taken = takeOut(batch, ({ record }) => faults.get(record));
    const outcome = await storeSound(context, database, taken.batch, [...refused, ...taken.refused]);
    return { ...outcome, refused: [...taken.refused, ...outcome.refused] };
  }
}

/** What was seen of its tables may not hold of the one that answers now. */
const ANOTHER_SERVER = new SinkFault(
  'PostgreSQL was started anew, or is another server now',
  'nothing: it goes on by itself',
);

function recordsOf({ sites }: Batch): SiteRecord[] {
  return sites.flatMap(({ records, early }) => [...records, ...early]);
}

function withPoison(batch: Batch, refused: readonly Poison[]): Batch {
  if (refused.length === 0) return batch;
  const sites = batch.sites.map((each) => ({
    ...each,
    poison: [...each.poison, ...refused.filter(({ site }) => site === each.site)],
  }));
  return { ...batch, sites };
}

/** The batch without the records that have a fault, and those. Their numbers stay accounted for: they are set aside. */
function takeOut(
  batch: Batch,
  faultOf: (at: { readonly record: SiteRecord }) => string | undefined,
): { readonly batch: Batch; readonly refused: readonly Poison[] } {
  const refused: Poison[] = [];
  const sound = (records: readonly SiteRecord[], stream: 'log' | 'events'): readonly SiteRecord[] => {
    const kept = records.filter((record) => {
      const reason = faultOf({ record });
      if (reason === undefined) return true;
      const { site, epoch, seq, ...rest } = record;
      const raw = JSON.stringify({ ...rest, body: rest.body.slice(0, 16_384) });
      refused.push({ site, stream, id: `${epoch}-${seq}`, reason, raw });
      return false;
    });
    return kept.length === records.length ? records : kept;
  };
  const sites = batch.sites.map((each) => ({
    ...each,
    records: sound(each.records, 'log'),
    early: sound(each.early, 'events'),
    live: each.live.filter((record) => faultOf({ record }) === undefined),
  }));
  return { batch: { ...batch, sites }, refused };
}

/** The records that a table of the same types refuses, each with PostgreSQL's words. */
async function findFaults(
  database: Database,
  records: readonly SiteRecord[],
): Promise<Map<SiteRecord, string>> {
  const faults = new Map<SiteRecord, string>();
  const work: (readonly SiteRecord[])[] = [records];
  for (let part = work.pop(); part; part = work.pop()) {
    const reason = await probe(database, part);
    if (reason === undefined) continue;
    const [only] = part;
    if (part.length > 1) work.push(part.slice(0, part.length >> 1), part.slice(part.length >> 1));
    else if (only) faults.set(only, `PostgreSQL refuses it: ${reason}`);
  }
  return faults;
}

async function probe(database: Database, records: readonly SiteRecord[]): Promise<string | undefined> {
  try {
    await database.transaction(async ({ query, copy }) => {
      await query('CREATE TEMPORARY TABLE probe (LIKE records) ON COMMIT DROP');
      await copy(`probe ${RECORD_COLUMNS}`, records, copyRow);
    });
    return undefined;
  } catch (error) {
    if (!isDataFault(error)) throw error;
    return error instanceof Error ? error.message.slice(0, 300) : '';
  }
}

async function makeMonths({ months, world }: Context, database: Database, batch: Batch): Promise<void> {
  const nowMs = world.clock.nowMs();
  for (const month of missingMonths(recordsOf(batch), nowMs, months)) {
    await makeMonth(database, month);
    months.add(month);
  }
}

async function maintain(context: Context): Promise<void> {
  const { world, retention, months } = context;
  try {
    const database = await ready(context);
    const nowMs = world.clock.nowMs();
    for (const month of comingMonths(nowMs)) {
      await makeMonth(database, month);
      months.add(month);
    }
    await alone(database, async (query) => {
      const gone = await dropMonths(query, keptFromMs(nowMs, retention.months), retention.yearly);
      if (gone.length > 0) world.logger.info('collect.months_dropped', { months: gone });
    });
    if (retention.months > 0) months.clear();
  } catch (error) {
    throw toSinkFault(error);
  }
}
