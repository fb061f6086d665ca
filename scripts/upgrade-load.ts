/**
 * Upgrades and roll-backs of the installed executable while a QoS 1 publisher sends to a real Mosquitto, some of them to
 * versions that are broken and come back by themselves. Then log and Redis Stream must hold each frame exactly once.
 * `--rounds N` (5) upgrades and roll-backs, `--rate FRAMES_PER_SECOND` (300), `--short` (1 round), `--seed N`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Redis } from 'ioredis';
import { connectAsync } from 'mqtt';
import { stringify } from 'smol-toml';
import { askLocally } from '../src/ops/health.ts';
import { drained, type Status } from '../test/support/appliance-process.ts';
import { createFleet, fleetSettings } from '../test/support/fleet.ts';
import { accountFaults, inLog, inStream, type Load, startLoad } from '../test/support/ledger.ts';
import { startMosquitto } from '../test/support/mosquitto.ts';
import {
  builtVersion,
  DEAD,
  numbered,
  type PlainInstallation,
  plainInstallation,
  SICK,
} from '../test/support/plain-installation.ts';
import { eventually, freePort, temporaryFolder } from '../test/support/process.ts';
import { startRedis } from '../test/support/redis.ts';
import { createTestWorld } from '../test/support/world.ts';
import { median } from './bench/median.ts';

export interface UpgradeLoadPlan {
  /** Upgrades to a good version, each followed by a roll-back. */
  readonly rounds: number;
  /** Frames a second. */
  readonly rate: number;
  readonly seed: number;
  /** Also a version that does not start, beside the one that runs but is not healthy. */
  readonly dead: boolean;
  readonly tell?: (line: string) => void;
}

/** One change of the executable under load. */
export interface Change {
  readonly name: string;
  /** From the command to its end. */
  readonly seconds: number;
  /** Longest time in which nothing new came to the Redis Stream. */
  readonly framesSilentS: number;
  /** Longest time in which the pages did not answer. */
  readonly pagesSilentS: number;
}

export interface UpgradeLoadResult {
  readonly frames: number;
  readonly changes: readonly Change[];
  /** What went otherwise than it should, and every frame that is missing or there twice. */
  readonly faults: readonly string[];
}

/** The longest time without a sign of life since the last `reset`. */
interface Silence {
  reset(): void;
  longestMs(): number;
  stop(): Promise<void>;
}

/** Asks `isAlive` every `everyMs`. */
function watchSilence(everyMs: number, isAlive: () => Promise<boolean>): Silence {
  let stopped = false;
  let sinceMs = performance.now();
  let longestMs = 0;
  const take = (): number => Math.max(longestMs, performance.now() - sinceMs);
  const loop = async (): Promise<void> => {
    while (!stopped) {
      if (await isAlive()) {
        longestMs = take();
        sinceMs = performance.now();
      }
      await sleep(everyMs);
    }
  };
  const running = loop();
  return {
    reset() {
      longestMs = 0;
      sinceMs = performance.now();
    },
    longestMs: take,
    async stop() {
      stopped = true;
      await running;
    },
  };
}

const STREAM = 'webscada:{upgrade}:log';

function watchStream(client: Redis): Silence {
  let last = -1;
  return watchSilence(10, async () => {
    const length = await client.xlen(STREAM);
    const grew = length > last;
    last = length;
    return grew;
  });
}

interface Site {
  readonly box: PlainInstallation;
  readonly load: Load;
  readonly frames: Silence;
  readonly pages: Silence;
  readonly faults: string[];
  readonly changes: Change[];
  readonly tell: (line: string) => void;
}

/** Runs one `upgrade` and notes what it took and whether it ended as it should. */
async function change(
  site: Site,
  name: string,
  args: readonly string[],
  expected: { readonly code: number; readonly version: string },
): Promise<void> {
  const { box, frames, pages, faults, changes, tell } = site;
  // Some load between two changes, so that each has something to lose.
  const before = site.load.total();
  await eventually('more frames', () => site.load.total() > before + 100);
  frames.reset();
  pages.reset();
  const startedMs = performance.now();
  const { code, output } = await box.upgrade(...args);
  const seconds = (performance.now() - startedMs) / 1_000;
  if (code !== expected.code) faults.push(`${name}: exit code ${code}\n${output}`);
  const installed = box.installed();
  if (installed !== `webscada-edge ${expected.version}`) faults.push(`${name}: ${installed} is in place`);
  const framesSilentS = frames.longestMs() / 1_000;
  const pagesSilentS = pages.longestMs() / 1_000;
  changes.push({ name, seconds, framesSilentS, pagesSilentS });
  tell(
    `  ${name.padEnd(34)} ${seconds.toFixed(1).padStart(5)} s, no frames for ${framesSilentS.toFixed(2)} s, no pages for ${pagesSilentS.toFixed(2)} s`,
  );
}

async function changes(site: Site, plan: UpgradeLoadPlan, versions: Versions): Promise<void> {
  const before = { code: 0, version: builtVersion };
  const takenBack = { code: 3, version: builtVersion };
  const key = ['--yes', '--key', site.box.keyFile];
  for (let round = 1; round <= plan.rounds; round++) {
    const good = { code: 0, version: numbered(7) };
    await change(site, `upgrade ${round}`, [...key, '--file', versions.good], good);
    await change(site, `roll-back ${round}`, ['--rollback'], before);
  }
  const sick = [...key, '--wait', '5', '--file', versions.sick];
  await change(site, 'a version that is not healthy', sick, takenBack);
  if (versions.dead === undefined) return;
  const dead = [...key, '--wait', '5', '--file', versions.dead];
  await change(site, 'a version that does not start', dead, takenBack);
}

interface Versions {
  readonly good: string;
  readonly sick: string;
  readonly dead: string | undefined;
}

export async function upgradeLoad(plan: UpgradeLoadPlan): Promise<UpgradeLoadResult> {
  const { rate, seed, tell = () => {} } = plan;
  const folder = temporaryFolder();
  const box = plainInstallation(folder.path);
  const versions: Versions = {
    good: await box.makeVersion(numbered(7)),
    sick: await box.makeVersion(numbered(8), SICK),
    dead: plan.dead ? await box.makeVersion(numbered(9), DEAD) : undefined,
  };
  const mosquitto = await startMosquitto();
  const redis = await startRedis(folder.path);
  const fleet = createFleet(50, `upgrade ${seed}`);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  box.start(
    stringify({
      site: { id: 'upgrade' },
      http: { port },
      mqtt: { mode: 'external', url: mosquitto.url },
      store: { dir: box.layout.data },
      centre: { url: redis.url },
      log: { level: 'error' },
      devices: fleetSettings(fleet),
    }),
  );
  const get = async <T>(path: string): Promise<T> =>
    JSON.parse((await askLocally(url + path))?.body ?? '{}') as T;
  try {
    // From here on the broker keeps for us what it takes.
    const isSubscribed = async () => (await get<Partial<Status>>('/api/v1/status')).broker?.state === 'ok';
    await eventually('subscribed', isSubscribed, 30_000);
    const client = await connectAsync(mosquitto.url, { clientId: 'publisher' });
    const { random } = createTestWorld(0, seed);
    const load = startLoad({ client, fleet, rate, random });
    const frames = watchStream(redis.client);
    const pages = watchSilence(20, async () => (await askLocally(`${url}/healthz`))?.status === 200);
    const site: Site = { box, load, frames, pages, faults: [], changes: [], tell };
    await changes(site, plan, versions);
    await Promise.all([load.stop(), frames.stop(), pages.stop()]);
    await client.endAsync();
    await settled(get);
    await box.stop();
    const account = accountFaults(
      load.published,
      await inLog(box.layout.data),
      await inStream(redis.client, STREAM),
    );
    return { frames: load.total(), changes: site.changes, faults: [...site.faults, ...account] };
  } finally {
    await box.stop();
    await Promise.all([mosquitto.stop(), redis.stop()]);
    folder.remove();
  }
}

/** Waits until nothing has come for a while and the stream has everything. */
async function settled(get: <T>(path: string) => Promise<T>): Promise<void> {
  let quietSinceMs = performance.now();
  for (let lastSeq = -1; performance.now() - quietSinceMs < 3_000; await sleep(100)) {
    const status = await drained({ get }, 120_000);
    if (status.store.lastSeq !== lastSeq) quietSinceMs = performance.now();
    lastSeq = status.store.lastSeq;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      rate: { type: 'string', default: '300' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      short: { type: 'boolean', default: false },
    },
  });
  const rate = Number(values.rate);
  const seed = Number(values.seed);
  console.log(`upgrade-load: ${rate} frames/s, seed ${seed}`);
  const result = await upgradeLoad({
    rounds: values.short ? 1 : Number(values.rounds),
    rate,
    seed,
    dead: !values.short,
    tell: console.log,
  });
  for (const fault of result.faults.slice(0, 20)) console.error(fault);
  const silence = result.changes.map(({ framesSilentS }) => framesSilentS);
  console.log(
    `upgrade-load: ${result.frames} frames, ${result.changes.length} changes of the executable, no frames for ${median(silence).toFixed(2)} s (median), ${Math.max(...silence).toFixed(2)} s (most): ${result.faults.length === 0 ? 'each frame exactly once in log and stream' : `${result.faults.length} FAULTS`}`,
  );
  process.exitCode = result.faults.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
