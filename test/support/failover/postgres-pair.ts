/** A primary of PostgreSQL and a replica that follows it by streaming, real ones, that fail over: with synchronous commits, or losing commits. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import {
  initPostgres,
  launchPostgres,
  type PostgresPlace,
  postgresPlace,
  postgresProgram,
} from '../postgres.ts';
import { eventually, type RunningServer } from '../process.ts';

export interface PostgresPair {
  /** Of both, as libpq takes it. */
  readonly url: string;
  /** To the present primary. */
  pool(): Pool;
  /** From here on commits wait for the replica, or none of them reaches it. */
  replicate(how: 'synchronous' | 'cut off'): Promise<void>;
  /** The replica is killed. */
  loseReplica(): Promise<void>;
  /** The primary is killed (-9), all its processes. */
  breakDown(): Promise<void>;
  /** The replica is promoted. */
  promote(): Promise<void>;
  /** The primary is started again, before anybody was promoted. */
  restart(): Promise<void>;
  /** The old primary is started as the primary it was, beside the new one. */
  bringBack(): Promise<void>;
  /** The old primary begins anew as a replica. */
  follow(): Promise<void>;
  stop(): Promise<void>;
}

interface Node {
  readonly place: PostgresPlace;
  server: RunningServer | undefined;
  pool: Pool;
}

const WAIT_MS = 120_000;
const SETTINGS = ['wal_keep_size=64MB', 'max_wal_senders=5'];

export async function postgresPair(folder: string): Promise<PostgresPair> {
  const state = {
    primary: nodeAt(await postgresPlace(folder)),
    replica: nodeAt(await postgresPlace(folder)),
  };
  const { place } = state.primary;
  initPostgres(place);
  state.primary.server = await launchPostgres(place, SETTINGS);
  postgresProgram(place, 'createdb', [...at(place), 'webscada']);
  await follow(state.primary, state.replica);
  const hosts = [state.replica, state.primary].map((node) => `127.0.0.1:${node.place.port}`);
  return {
    url: `postgres://test@${hosts.join(',')}/webscada`,
    pool: () => state.primary.pool,
    async replicate(how) {
      const { primary, replica } = state;
      if (how === 'synchronous') return setSystem(primary, "synchronous_standby_names = '*'");
      await setSystem(primary, "synchronous_standby_names = ''");
      // Or it would wait for one itself once it is the primary.
      await setSystem(replica, "synchronous_standby_names = ''");
      await setSystem(replica, "primary_conninfo = ''");
      await eventually('nothing reaches the replica', async () => !(await hasFollower(primary)), WAIT_MS);
    },
    loseReplica: () => kill(state.replica),
    breakDown: () => kill(state.primary),
    async restart() {
      state.primary.server = await launchPostgres(state.primary.place, SETTINGS);
    },
    async promote() {
      const { primary, replica } = state;
      postgresProgram(replica.place, 'pg_ctl', ['-D', replica.place.data, '-w', '-t', '60', 'promote']);
      await eventually('it can be written to', () => canWrite(replica), WAIT_MS);
      Object.assign(state, { primary: replica, replica: primary });
    },
    async bringBack() {
      state.replica.server = await launchPostgres(state.replica.place, SETTINGS);
    },
    async follow() {
      await kill(state.replica);
      await follow(state.primary, state.replica);
    },
    async stop() {
      for (const node of [state.primary, state.replica]) {
        await node.pool.end().catch(() => {});
        await kill(node);
      }
    },
  };
}

function at({ port }: PostgresPlace): string[] {
  return ['-h', '127.0.0.1', '-p', `${port}`, '-U', 'test'];
}

function nodeAt(place: PostgresPlace): Node {
  const pool = new Pool({ connectionString: `postgres://test@127.0.0.1:${place.port}/webscada`, max: 2 });
  pool.on('error', () => {});
  return { place, server: undefined, pool };
}

async function follow(primary: Node, replica: Node): Promise<void> {
  const { place } = replica;
  rmSync(place.data, { recursive: true, force: true });
  const options = ['-R', '-X', 'stream', '-c', 'fast', '--no-sync'];
  postgresProgram(place, 'pg_basebackup', [...at(primary.place), '-D', place.data, ...options]);
  replica.server = await launchPostgres(place, SETTINGS);
  await eventually('the replica follows', () => hasFollower(primary), WAIT_MS);
}

async function hasFollower({ pool }: Node): Promise<boolean> {
  const { rows } = await pool.query("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'");
  return rows.length > 0;
}

async function setSystem({ pool }: Node, setting: string): Promise<void> {
  await pool.query(`ALTER SYSTEM SET ${setting}`);
  await pool.query('SELECT pg_reload_conf()');
}

async function canWrite({ pool }: Node): Promise<boolean> {
  const { rows } = await pool
    .query('SELECT pg_is_in_recovery() AS no')
    .catch(() => ({ rows: [{ no: true }] }));
  return rows[0]?.no === false;
}

/** The postmaster and all that it has started, until none of them is there any more. */
async function kill({ place, server }: Node): Promise<void> {
  const pids = runningPids(place);
  for (const pid of pids) signal(pid, 'SIGKILL');
  await server?.stop('SIGKILL');
  await eventually('they are gone', () => pids.every((pid) => !signal(pid, 0)), WAIT_MS);
}

function runningPids({ data }: PostgresPlace): number[] {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return [];
  const postmaster = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const { stdout } = spawnSync('pgrep', ['-P', String(postmaster)], { encoding: 'utf8' });
  return [postmaster, ...stdout.split('\n').filter(Boolean).map(Number)];
}

/** False when there is no such process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
