/** Boxes of sites with stores on disk, and centres with real Redis, PostgreSQL and `collect`, for sites that move between them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../../src/cli/run-cli.ts';
import type { CentreConfig } from '../../src/config/schema.ts';
import { createBackup } from '../../src/ops/backup.ts';
import { restoreBackup } from '../../src/ops/restore.ts';
import { createWorld } from '../../src/ops/world.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import { type CentralSync, createCentralSync } from '../../src/sync/site/central-sync.ts';
import { startCollector } from './centre-site.ts';
import { DEFAULTS } from './config.ts';
import { uplinkRecord } from './memory-store.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { eventually } from './process.ts';
import { type RedisServer, startRedis } from './redis.ts';
import { createTestWorld } from './world.ts';

const QUICK = { maxDelayMs: 5, retryMinMs: 20, retryMaxMs: 100, checkMs: 300 };
const PATIENCE_MS = 60_000;

/** What a verb printed, and how it ended. */
export interface Said {
  readonly code: number;
  readonly text: string;
}

/** A verb of the command line with these variables of the environment and no others. */
export async function say(env: Readonly<Record<string, string>>, ...argv: string[]): Promise<Said> {
  let text = '';
  const write = (more: string) => (text += more);
  const code = await runCli(argv, {
    runAppliance: () => Promise.reject(new Error('not here')),
    stdout: { write },
    stderr: { write },
    env,
    version: '0.0.0',
  });
  return { code, text };
}

export interface TestCentre {
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  /** A verb of the centre with its settings. */
  say(...argv: string[]): Promise<Said>;
  /** Waits until everything up to `id` is stored without a gap. */
  marked(site: string, id: string): Promise<void>;
  /** Trims the site's stream as collect does, which leaves the entry at the watermark. */
  trim(site: string, id: string): Promise<void>;
  /** Bodies of the stored records, in order. */
  stored(site: string): Promise<string[]>;
  /** What verify-sync says of the site, each record looked at; the site itself is not asked. */
  verify(site: string): Promise<Said>;
  stop(): Promise<void>;
}

export async function startCentre(folder: string, trims = true): Promise<TestCentre> {
  const postgres = await startPostgres(folder);
  const redis = await startRedis(folder);
  const collector = await startCollector({
    ...{ 'redis.url': redis.url, 'postgres.url': postgres.url, 'collect.trim': trims },
  });
  const env = { WSE_REDIS__URL: redis.url, WSE_POSTGRES__URL: postgres.url };
  return {
    redis,
    postgres,
    say: (...argv) => say(env, ...argv),
    async marked(site, id) {
      const mark = () => redis.client.hget(`webscada:{${site}}:watermark`, 'collect-postgres');
      await eventually(`${site} stored up to ${id}`, async () => (await mark()) === id, PATIENCE_MS);
    },
    async trim(site, id) {
      await redis.client.xtrim(`webscada:{${site}}:log`, 'MINID', id);
    },
    async stored(site) {
      const { rows } = await postgres.pool.query<{ body: string }>(
        'SELECT body::text AS body FROM webscada.records WHERE site = $1 ORDER BY epoch, seq',
        [site],
      );
      return rows.map(({ body }) => body);
    },
    verify: (site) => say(env, 'verify-sync', site, '--deep', '--site-wait', '0'),
    async stop() {
      await collector.stop();
      await redis.stop();
      await postgres.stop();
    },
  };
}

export interface Box {
  readonly store: Store;
  readonly sync: CentralSync;
  /** Stores `count` readings that no other call makes again; gives their bodies. */
  measure(count: number): Promise<string[]>;
  /** Waits until the centre has all of it. */
  drained(): Promise<void>;
  /** Makes a backup of it, as it is now. */
  backUp(to: string): Promise<void>;
  /** Switched off: what it holds stays on its disk. */
  off(): Promise<void>;
}

/** What is other than usual. */
export interface BoxChange {
  readonly centre?: Partial<CentreConfig>;
}

let measured = 0;

/** A box that sends to the centre at `url`; its store lies in `dir`. */
export async function startBox(
  dir: string,
  site: string,
  url: string,
  { centre = {} }: BoxChange = {},
): Promise<Box> {
  const world = createWorld(createTestWorld().logger);
  const store = openStore({ dir, world, readers: ['centre'] });
  const config = { ...DEFAULTS.centre, url, ...centre };
  const sync = createCentralSync({ store, site, world, config, limits: QUICK });
  await sync.start();
  return {
    store,
    sync,
    async measure(count) {
      const records = Array.from({ length: count }, () => {
        measured += 1;
        return uplinkRecord('00000000000000a1', Date.now(), {
          temperature: measured,
        });
      });
      await store.commit({ records });
      return records.map(({ body }) => JSON.stringify(body));
    },
    async drained() {
      const isDone = () => sync.status().state === 'ok' && sync.status().pending === 0;
      await eventually(`${site} has sent everything`, isDone, PATIENCE_MS);
    },
    async backUp(to) {
      await createBackup({ dir, settings: [], to, version: '0.0.0', nowMs: Date.now(), withKey: true });
    },
    async off() {
      await sync.stop();
      await store.close();
    },
  };
}

/** Puts the backup in `folder` onto a new disk at `dir`. */
export async function restoreTo(dir: string, folder: string): Promise<void> {
  const world = createWorld(createTestWorld().logger);
  const outcome = await restoreBackup({ folder, dir, world });
  if (!outcome.restored) throw new Error(outcome.problems.join('; '));
}

/** The verbs of a box that is off or on, whose store lies in `dir`. */
export function boxVerbs(dir: string, site: string): (...argv: string[]) => Promise<Said> {
  const env = { WSE_STORE__DIR: dir, WSE_SITE__ID: site, WSE_STORE__RESERVE_BYTES: '0' };
  const file = join(dir, 'site.toml');
  writeFileSync(file, '');
  return (...argv) => say(env, ...argv, '--config', file);
}
