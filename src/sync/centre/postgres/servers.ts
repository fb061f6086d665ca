/**
 * The PostgreSQL servers of a URL, and which of them is asked. Of several the one that can be written to, and among such the
 * one that was promoted last: an old primary that came back writes into a history nobody reads. Each new connection is looked
 * at before it is used. One that breaks, a server that was started anew, and the time send the next one looking at all of them.
 */
import type { PoolClient, PoolConfig, Pool as PoolType } from 'pg';
import { urlOfEachHost } from '../../../model/url-hosts.ts';
import type { Clock } from '../../../model/world.ts';
import { SinkFault } from '../batch.ts';

export interface Servers {
  /** A connection out of the pool of the present server; found anew where that is gone. */
  connect(): Promise<PoolClient>;
  /**
   * Names the life of the present server: another one after a fail-over, a restart, a recovery, where what was committed
   * before need not be there any more. '' before the first connection.
   */
  life(): string;
  /** What `client` leads to now was started at `started`: behind a pooler that may be another server than before. */
  noteLife(client: PoolClient, started: string): void;
  close(): Promise<void>;
}

interface Server {
  readonly pool: PoolType;
  /** Promotions in its history, and when it was started, by its last new connection. */
  timeline: number;
  life: string;
}

interface State {
  readonly servers: Server[];
  readonly isAnyWelcome: boolean;
  current: Server | undefined;
  /** The newest timeline that was ever chosen. */
  newest: number;
  /** When all are looked at again, though the present one answers; monotonic milliseconds. */
  lookAtMs: number;
  /** Which server, by its place in the URL, a connection was opened to. */
  readonly placeOf: WeakMap<PoolClient, number>;
}

const LOOK = 'SELECT pg_is_in_recovery() AS standby, pg_postmaster_start_time()::text AS started';
const LOOK_AT_MANY = `${LOOK}, CASE WHEN pg_is_in_recovery() THEN NULL ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END AS timeline`;
const LOOK_MS = 10_000;

/** Opens nothing yet. `makePool` makes the pool for one of the URLs. */
export function createServers(
  url: string,
  clock: Clock,
  makePool: (config: PoolConfig) => PoolType,
): Servers {
  const urls = urlOfEachHost(url);
  const isAnyWelcome = urls.length === 1 || /[?&]target_session_attrs=any(&|$)/.test(url);
  const state: State = {
    ...{ servers: [], isAnyWelcome, current: undefined, newest: 0, lookAtMs: 0 },
    placeOf: new WeakMap(),
  };
  for (const [at, each] of urls.entries()) {
    const verify: PoolConfig['verify'] = (client, done) => {
      look(state, at, client).then(() => done(), done);
    };
    state.servers.push({ timeline: 0, life: '', pool: makePool({ connectionString: each, verify }) });
  }
  const [only] = state.servers;
  if (only && state.servers.length === 1) state.current = only;
  return {
    connect: () => (state.servers.length === 1 && only ? only.pool.connect() : connect(state, clock)),
    life: () => state.current?.life ?? '',
    noteLife(client, started) {
      const at = state.placeOf.get(client);
      const server = at === undefined ? undefined : state.servers[at];
      if (at === undefined || !server || server.life === lifeOf(at, started)) return;
      server.life = lifeOf(at, started);
      // Another one may have been promoted meanwhile: all have to be asked.
      if (state.servers.length > 1 && server === state.current) state.current = undefined;
    },
    async close() {
      await Promise.all(state.servers.map(({ pool }) => pool.end()));
    },
  };
}

/** What a new connection leads to. Rejects where that is not to be used. */
async function look(state: State, at: number, client: PoolClient): Promise<void> {
  const server = state.servers[at];
  if (!server) return;
  state.placeOf.set(client, at);
  const { rows } = await client.query<Record<string, unknown>>(
    state.servers.length === 1 ? LOOK : LOOK_AT_MANY,
  );
  const [row] = rows;
  if (row?.standby === true && !state.isAnyWelcome) throw noPrimary();
  server.timeline = Number.parseInt(String(row?.timeline ?? '0'), 16);
  if (server.timeline < state.newest && !state.isAnyWelcome) throw oldPrimary();
  const life = lifeOf(at, String(row?.started));
  const isAnew = server.life !== '' && server.life !== life;
  server.life = life;
  // It may have come back while another one was promoted: all have to be asked.
  if (isAnew && state.servers.length > 1 && server === state.current) throw oldPrimary();
}

function lifeOf(at: number, started: string): string {
  return `${at} ${started}`;
}

async function connect(state: State, clock: Clock): Promise<PoolClient> {
  const isDue = clock.monotonicMs() >= state.lookAtMs;
  if (isDue) state.lookAtMs = clock.monotonicMs() + LOOK_MS;
  try {
    if (state.current) {
      const client = await state.current.pool.connect();
      // Nobody waits for a server that does not answer.
      if (isDue)
        void choose(state).then(
          (other) => other.release(),
          () => {},
        );
      return client;
    }
  } catch {
    state.current = undefined;
  }
  return choose(state);
}

/** All are asked, since the first that answers may be an old primary. */
async function choose(state: State): Promise<PoolClient> {
  const asked = await Promise.allSettled(state.servers.map(({ pool }) => pool.connect()));
  const found = asked.flatMap((each, at) => {
    const server = state.servers[at];
    return each.status === 'fulfilled' && server ? [{ client: each.value, server }] : [];
  });
  const [best, ...others] = found.toSorted((a, b) => b.server.timeline - a.server.timeline);
  for (const { client } of others) client.release(true);
  if (!best) {
    const reasons = asked.flatMap((each): unknown[] => (each.status === 'rejected' ? [each.reason] : []));
    throw reasons.find((reason) => reason instanceof SinkFault) ?? reasons[0];
  }
  state.newest = Math.max(state.newest, best.server.timeline);
  state.current = best.server;
  return best.client;
}

function noPrimary(): SinkFault {
  return new SinkFault(
    'of the servers of postgres.url none that answers can be written to',
    'nothing if a fail-over is under way; else promote one',
  );
}

function oldPrimary(): SinkFault {
  return new SinkFault(
    'the server reached is an old primary: another one was promoted since',
    'stop it, and let it follow the new one (pg_rewind, or a new base backup)',
  );
}
