/**
 * The tables at the centre, made and kept up to date by whoever comes first, under an advisory lock. A migration that was
 * released never changes; a new one is added at the end. A newer program's tables are not touched by an older one.
 */
import { SinkFault } from '../batch.ts';
import { type Database, ENCODING_HINT, SCHEMA, type Session } from './pool.ts';

/** A number of our own among the advisory locks of the database. */
const LOCK = 1_465_074_021;

const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE records (
  site text NOT NULL,
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  time timestamptz NOT NULL,
  kind text NOT NULL,
  device text,
  body json NOT NULL,
  PRIMARY KEY (site, epoch, seq, time)
) PARTITION BY RANGE (time);
COMMENT ON TABLE records IS 'Everything the sites have sent; (site, epoch, seq) names a record for ever.';
CREATE INDEX records_device ON records (device, time);
CREATE INDEX records_events ON records (site, time) WHERE kind <> 'uplink';
CREATE TABLE records_other PARTITION OF records DEFAULT;

CREATE TABLE sites (
  site text PRIMARY KEY,
  coverage text,
  records bigint NOT NULL DEFAULT 0,
  last_time timestamptz,
  first_stored timestamptz NOT NULL DEFAULT now(),
  last_stored timestamptz
);
COMMENT ON COLUMN sites.coverage IS 'Which numbers are accounted for: [partial, [epoch, base, [[first, last], …]], …].';

CREATE TABLE hours (
  site text NOT NULL,
  epoch bigint NOT NULL,
  hour timestamptz NOT NULL,
  count bigint NOT NULL,
  sum bigint NOT NULL,
  PRIMARY KEY (site, epoch, hour)
);
COMMENT ON TABLE hours IS 'How many records of each hour were stored, and the sum of their checksums: what verify-sync --deep compares with.';

CREATE TABLE devices (
  site text NOT NULL,
  device text NOT NULL,
  time timestamptz NOT NULL,
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  live boolean NOT NULL,
  fields jsonb NOT NULL,
  f_cnt bigint,
  f_port integer,
  rssi double precision,
  snr double precision,
  gateway text,
  PRIMARY KEY (site, device)
);
COMMENT ON TABLE devices IS 'The newest reading of each device. live: shown ahead of a backlog; the record itself is still to come.';

CREATE VIEW newest_values AS
SELECT d.site, d.device, d.time, f.key AS field,
  CASE WHEN jsonb_typeof(f.value) = 'number' THEN (f.value #>> '{}')::double precision END AS number,
  CASE WHEN jsonb_typeof(f.value) = 'boolean' THEN (f.value #>> '{}')::boolean END AS boolean,
  CASE WHEN jsonb_typeof(f.value) = 'string' THEN f.value #>> '{}' END AS text
FROM devices d, jsonb_each(d.fields) f;

CREATE VIEW alarms AS SELECT site, epoch, seq, time, device, body FROM records WHERE kind = 'alarm';

CREATE TABLE losses (
  site text NOT NULL,
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  time timestamptz NOT NULL,
  event text NOT NULL,
  lost bigint,
  detail text NOT NULL,
  PRIMARY KEY (site, epoch, seq)
);
COMMENT ON TABLE losses IS 'What sites themselves say they have lost: expired, salvaged, wal_cut.';

CREATE TABLE quarantine (
  site text NOT NULL,
  stream text NOT NULL,
  id text NOT NULL,
  reason text NOT NULL,
  raw text NOT NULL,
  found timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (site, stream, id)
);
COMMENT ON TABLE quarantine IS 'Entries that could not be taken, and records that came again with another content.';

CREATE TABLE yearly (
  site text NOT NULL,
  device text NOT NULL,
  field text NOT NULL,
  year integer NOT NULL,
  count bigint NOT NULL,
  minimum double precision NOT NULL,
  maximum double precision NOT NULL,
  sum double precision NOT NULL,
  PRIMARY KEY (site, device, field, year)
);
COMMENT ON TABLE yearly IS 'What is left of records that retention has removed.';
`,
  `
CREATE TABLE accepted (
  site text NOT NULL,
  epoch bigint NOT NULL,
  first bigint NOT NULL,
  last bigint NOT NULL,
  reason text NOT NULL,
  accepted_by text NOT NULL,
  accepted timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (site, epoch, first, last)
);
COMMENT ON TABLE accepted IS 'Gaps that somebody has accepted by verify-sync --accept: told for ever.';
`,
];

/** Brings the tables up to date. Rejects with a SinkFault when they are those of a newer program. */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async ({ query }) => {
    await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    // Two statements, since who may not create a schema can be given one.
    const [exists] = await query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [SCHEMA]);
    if (!exists) {
      await refuseOtherEncodings(query);
      await query(`CREATE SCHEMA ${SCHEMA}`);
    }
    await query(`SET LOCAL search_path = ${SCHEMA}, public`);
    await query(
      'CREATE TABLE IF NOT EXISTS migrations (version integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())',
    );
    const [row] = await query('SELECT coalesce(max(version), 0)::integer AS version FROM migrations');
    const version = Number(row?.version ?? 0);
    if (version > MIGRATIONS.length) {
      throw new SinkFault(
        `the tables are those of a newer program (version ${version}, this one knows ${MIGRATIONS.length})`,
        'upgrade this copy of collect as well',
      );
    }
    for (const [index, statements] of MIGRATIONS.entries()) {
      if (index < version) continue;
      await query(statements);
      await query('INSERT INTO migrations (version) VALUES ($1)', [index + 1]);
    }
  });
}

/** SQL_ASCII takes all bytes as they are. What has a few hundred characters only would stop at the first reading with another. */
async function refuseOtherEncodings(query: Session['query']): Promise<void> {
  const [row] = await query("SELECT current_setting('server_encoding') AS encoding");
  const encoding = String(row?.encoding);
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return;
  throw new SinkFault(
    `the encoding of the database, ${encoding}, has no place for every character of readings`,
    ENCODING_HINT,
  );
}

/** Runs `work` alone among all copies, or not at all when another one is at it. */
export async function alone(
  database: Database,
  work: (query: Database['query']) => Promise<void>,
): Promise<boolean> {
  return database.transaction(async ({ query }) => {
    const [row] = await query('SELECT pg_try_advisory_xact_lock($1) AS mine', [LOCK]);
    if (row?.mine !== true) return false;
    await work(query);
    return true;
  });
}
