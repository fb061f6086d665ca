/** Copies of `collect` as processes of their own, and what they have brought into PostgreSQL against what the sites have in their logs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { readEntry } from '../../../src/sync/entry.ts';
import { siteKeys } from '../../../src/sync/keys.ts';
import { type ForwardingSite, type ForwardingSites, logOf } from './sites.ts';

const MAIN = join(import.meta.dirname, '../../../dist/main.js');

export interface Collecting {
  readonly copies: readonly ChildProcess[];
  /** Kills (-9) a copy and starts it again. */
  restart(at: number): Promise<void>;
  /** Runs a verb of the centre with the same settings, to its end. */
  verb(...args: readonly string[]): Promise<{ readonly status: number | null; readonly words: string }>;
  stop(): Promise<void>;
}

/** `copies` of `collect` with these settings, as variables. */
export function collecting(copies: number, settings: Readonly<Record<string, string>>): Collecting {
  const env = {
    ...process.env,
    ...{ WSE_LOG__LEVEL: 'warn', WSE_COLLECT__CLAIM_AFTER_MS: '1000', WSE_COLLECT__POLL_MS: '20' },
    ...settings,
  };
  const start = (at: number): ChildProcess =>
    spawn(process.execPath, [MAIN, 'collect', '--set', `collect.name=copy-${at}`], {
      env,
      stdio: ['ignore', process.env.WSE_TEST_LOUD ? 'inherit' : 'ignore', 'inherit'],
    });
  const running = Array.from({ length: copies }, (_, at) => start(at));
  return {
    copies: running,
    async restart(at) {
      await end(running[at]);
      running[at] = start(at);
    },
    verb: (...args) =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
        let words = '';
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (chunk: Buffer) => {
            words += chunk.toString();
          });
        child.once('close', (status) => resolve({ status, words }));
      }),
    async stop() {
      await Promise.all(running.map(end));
    },
  };
}

async function end(copy: ChildProcess | undefined): Promise<void> {
  if (!copy || copy.exitCode !== null || copy.signalCode !== null) return;
  const exit = once(copy, 'exit');
  copy.kill('SIGCONT');
  copy.kill('SIGKILL');
  await exit;
}

/** Records stored of all sites together; 0 while PostgreSQL does not answer. */
export async function storedCount(pool: Pool): Promise<number> {
  const { rows } = await pool
    .query<{ n: string }>(
      'SELECT count(*) AS n FROM (SELECT DISTINCT site, epoch, seq FROM webscada.records) r',
    )
    .catch(() => ({ rows: [] }));
  return Number(rows[0]?.n ?? 0);
}

export interface Comparison {
  /** Records in the logs of the sites. */
  readonly written: number;
  /** Rows in PostgreSQL, and how many different records they are. */
  readonly stored: number;
  readonly distinct: number;
  /** Whatever is not as it should be, in words; a few of each site. */
  readonly faults: readonly string[];
}

/** Each record of each site's log against its row, and against the stream where that is whole. */
export async function compareAll(
  { all }: ForwardingSites,
  pool: Pool,
  clientOf: ((site: string) => Redis) | undefined,
): Promise<Comparison> {
  let [written, stored, distinct] = [0, 0, 0];
  const faults: string[] = [];
  for (const site of all) {
    const { rows } = await pool.query<Row>(
      `SELECT epoch, seq, (extract(epoch FROM time) * 1000)::bigint AS ms, kind, device, body::text AS body
       FROM webscada.records WHERE site = $1`,
      [site.name],
    );
    written += site.store.log.lastSeq();
    stored += rows.length;
    distinct += new Set(rows.map(({ epoch, seq }) => `${epoch}-${seq}`)).size;
    faults.push(...rowFaults(site, rows).slice(0, 5));
    if (clientOf) faults.push(...(await streamFaults(site, clientOf(site.name))).slice(0, 5));
  }
  return { written, stored, distinct, faults };
}

interface Row {
  readonly epoch: string;
  readonly seq: string;
  readonly ms: string;
  readonly kind: string;
  readonly device: string | null;
  readonly body: string;
}

function rowFaults(site: ForwardingSite, rows: readonly Row[]): string[] {
  const byId = new Map(rows.map((row) => [`${row.epoch}-${row.seq}`, row]));
  const epoch = site.store.epoch();
  const faults: string[] = [];
  for (const { seq, timeMs, kind, device, body } of logOf(site)) {
    const row = byId.get(`${epoch}-${seq}`);
    if (!row) faults.push(`${site.name}: ${epoch}-${seq} is not in PostgreSQL`);
    else if (Number(row.ms) !== timeMs || row.kind !== kind || row.device !== device || row.body !== body)
      faults.push(`${site.name}: ${epoch}-${seq} stands with another content in PostgreSQL`);
  }
  return faults;
}

/** The stream from its first entry to its last: one record behind the other, as the log has them. */
export async function streamFaults(site: ForwardingSite, client: Redis): Promise<string[]> {
  const faults: string[] = [];
  const log = logOf(site);
  const { log: key } = siteKeys('webscada', site.name);
  for (let from = '-'; ; ) {
    const entries = (await client.xrangeBuffer(key, from, '+', 'COUNT', 1_000)) ?? [];
    for (const [id, fields] of entries) {
      from = `(${id.toString()}`;
      const read = readEntry(id, fields);
      if (!read.ok) {
        faults.push(`${site.name}: entry ${id.toString()} is none: ${read.detail}`);
        continue;
      }
      for (const record of read.records) {
        const own = log.next().value;
        const isSame =
          own?.seq === record.seq &&
          own.timeMs === record.timeMs &&
          own.body === record.body &&
          read.id.epoch === site.store.epoch();
        if (!isSame)
          faults.push(
            `${site.name}: entry ${id.toString()} holds ${record.seq}, the log goes on with ${own?.seq ?? 'nothing'}`,
          );
        if (faults.length > 5) return faults;
      }
    }
    if (entries.length === 0) break;
  }
  const rest = log.next().value;
  if (rest) faults.push(`${site.name}: the stream ends before ${rest.seq}`);
  return faults;
}
