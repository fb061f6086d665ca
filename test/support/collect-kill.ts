/** `collect` as a process of its own, killed at random moments under load, with PostgreSQL going down in between; then everything is counted. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { madeSite } from './centre-site.ts';
import { startPostgres } from './postgres.ts';
import { eventually, temporaryFolder } from './process.ts';
import { startRedis } from './redis.ts';

export interface KillOptions {
  readonly kills: number;
  readonly sites: number;
  /** PostgreSQL is restarted at each so manieth kill, as by a power cut of its machine without the disk. */
  readonly restartEvery: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** How far it is. */
  readonly tell?: (words: string) => void;
}

export interface KillResult {
  readonly kills: number;
  readonly restarts: number;
  readonly written: number;
  readonly stored: number;
  readonly distinct: number;
  /** Times a copy had written something between two kills. */
  readonly progress: number;
  /** Exit code and words of `verify-sync --deep`. */
  readonly verified: number | null;
  readonly words: string;
}

const MAIN = join(import.meta.dirname, '../../dist/main.js');

/** Two copies side by side; one of them is killed each time, and started again. */
export async function killCollect({
  kills,
  sites,
  restartEvery,
  random,
  tell = () => {},
}: KillOptions): Promise<KillResult> {
  const folder = temporaryFolder();
  const postgres = await startPostgres(folder.path, ['fsync=on']);
  const redis = await startRedis(folder.path);
  const env = {
    ...process.env,
    ...{ WSE_REDIS__URL: redis.url, WSE_POSTGRES__URL: postgres.url, WSE_LOG__LEVEL: 'error' },
    ...{
      WSE_COLLECT__CLAIM_AFTER_MS: '1000',
      WSE_COLLECT__POLL_MS: '20',
      WSE_COLLECT__BATCH_MAX_RECORDS: '300',
    },
  };
  const start = (name: string): ChildProcess =>
    spawn(process.execPath, [MAIN, 'collect', '--set', `collect.name=${name}`], { env, stdio: 'ignore' });
  const copies = new Map(['a', 'b'].map((name) => [name, start(name)]));
  const count = async (what: string): Promise<number> => {
    const { rows } = await postgres.pool
      .query<{ n: string }>(`SELECT ${what} AS n FROM webscada.records`)
      .catch(() => ({ rows: [] }));
    return Number(rows[0]?.n ?? 0);
  };
  const load = { written: 0, isOver: false };
  const names = Array.from({ length: sites }, (_, at) => `site-${at}`);
  const writing = (async () => {
    for (let seq = 1; !load.isOver; seq += 20) {
      for (const name of names) await madeSite(redis.client, name).write(seq, seq + 19);
      load.written = (seq + 19) * sites;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  let [restarts, progress, before] = [0, 0, 0];
  try {
    await eventually('the first records', async () => (await count('count(*)')) > 0, 60_000);
    for (let kill = 1; kill <= kills; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, random() * 900));
      const name = random() < 0.5 ? 'a' : 'b';
      const copy = copies.get(name);
      const exit = copy && copy.exitCode === null ? once(copy, 'exit') : undefined;
      copy?.kill('SIGKILL');
      await exit;
      if (kill % restartEvery === 0) {
        await postgres.restart();
        restarts += 1;
      }
      copies.set(name, start(name));
      const now = await count('count(*)');
      if (now > before) progress += 1;
      before = now;
      if (kill % 10 === 0) tell(`${kill} kills, ${now} of ${load.written} records stored`);
    }
    load.isOver = true;
    await writing;
    await eventually('all records', async () => (await count('count(*)')) >= load.written, 120_000);
    for (const site of names) await madeSite(redis.client, site).report({ lastSeq: load.written / sites });
    const verify = spawnSync(process.execPath, [MAIN, 'verify-sync', '--deep'], { env, encoding: 'utf8' });
    return {
      ...{
        kills,
        restarts,
        progress,
        written: load.written,
        verified: verify.status,
        words: verify.stdout + verify.stderr,
      },
      stored: await count('count(*)'),
      distinct: await count('count(DISTINCT (site, epoch, seq))'),
    };
  } finally {
    load.isOver = true;
    for (const copy of copies.values()) copy.kill('SIGKILL');
    await writing.catch(() => {});
    await redis.stop();
    await postgres.stop();
    folder.remove();
  }
}
