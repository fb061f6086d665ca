/**
 * What can die, and the way back by docs/recovery.md, without the time in which somebody reads it: the clock runs from the kill until
 * every frame from before and from during it is in PostgreSQL, and the box has nothing left to write.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startMosquitto } from '../../test/support/mosquitto.ts';
import { eventually } from '../../test/support/process.ts';
import { backUp } from './box.ts';
import { type Counts, missingOf, totalOf } from './frames.ts';
import { archived, type RecoverySystem } from './system.ts';

export interface Recovery {
  readonly dead: string;
  /** From the kill until all that can be there is there. */
  readonly seconds: number;
  /** Frames that PostgreSQL or InfluxDB has not; where the box lost its log, those that PostgreSQL has not. */
  readonly lost: number;
  /** As many docs/recovery.md allows. */
  readonly mayLose: number;
  /** Frames there were. */
  readonly frames: number;
  /** Frames that the InfluxDB beside the box has not. */
  readonly notInInflux: number;
  /** `verify-sync --deep` finds nothing missing. */
  readonly proved: boolean;
}

export type Death = (system: RecoverySystem) => Promise<Recovery>;

const WAIT_MS = 600_000;
const LOOK_MS = 200;
/** Frames come for so long before something dies. */
const BEFORE_MS = 3_000;
/** Records that wait for no more than their batch. */
const FRESH = 100;
const PROOF_MS = 120_000;
const NOTHING: Counts = new Map();

/** In this order: with its card the box loses what only it has. */
export const DEATHS: Readonly<Record<string, Death>> = {
  influx: async (system) => {
    const fromMs = await begin(system);
    await system.influx.replace();
    await writeAgain(system);
    return conclude(system, 'InfluxDB, its data too', fromMs);
  },
  redis: async (system) => {
    const fromMs = await begin(system);
    await system.redis.kill();
    await system.redis.restart();
    return conclude(system, 'Redis of the centre, its data too', fromMs);
  },
  postgres: async (system) => {
    const { postgres } = system;
    const moment = await archiveUpToNow(system);
    const fromMs = await begin(system);
    await postgres.kill();
    for (const pod of [0, 1]) rmSync(join(postgres.pods.folder, `pod-${pod}/data`), { recursive: true });
    const laid = postgres.pods.script('postgres-recover.sh', postgres.pods.env(0, 0), moment);
    if (laid.status !== 0) throw new Error(`postgres-recover.sh: ${laid.stderr}`);
    await postgres.start();
    return conclude(system, 'PostgreSQL of the centre, all of it', fromMs);
  },
  box: async (system) => {
    const fromMs = await begin(system);
    await system.box.kill();
    const from = system.box.store;
    system.box = await system.newBox('second');
    // The card in another box.
    await rename(from, system.box.store);
    await system.box.start();
    return conclude(system, 'the box, its card is whole', fromMs);
  },
  card: async (system) => {
    const { live, redis } = system;
    await backUp(system.box);
    await begin(system);
    await live.rest();
    await whole(system, NOTHING);
    // What comes while the line is away is on the card alone.
    redis.signal('SIGSTOP');
    const atCut = live.published();
    await live.begin(system.broker.url);
    await sleep(BEFORE_MS);
    await live.rest();
    const fromMs = performance.now();
    await system.box.kill();
    rmSync(system.box.store, { recursive: true });
    // Broker and InfluxDB are on the same machine.
    await system.broker.stop();
    await system.influx.replace();
    const onCardAlone = since(atCut, live.published());
    redis.signal('SIGCONT');
    await replaceBox(system);
    return conclude(system, 'box and card, InfluxDB and broker beside it too', fromMs, onCardAlone);
  },
};

/** Everything is everywhere, and frames come; the time of death. */
export async function begin(system: RecoverySystem): Promise<number> {
  await whole(system, NOTHING);
  await sleep(BEFORE_MS);
  return performance.now();
}

/** A broker keeps nothing for whom it has never seen. */
export async function beginFrames({ box, live, broker }: RecoverySystem): Promise<void> {
  await eventually(
    'the box is at its broker',
    async () => (await box.status()).broker.state === 'ok',
    WAIT_MS,
  );
  await live.begin(broker.url);
}

/** A base backup, what came behind it in the archive, and something newer than both; the moment the archive reaches. */
async function archiveUpToNow({ postgres, live }: RecoverySystem): Promise<string> {
  const { pods } = postgres;
  const env = {
    ...pods.env(0, 0),
    ...{ PGHOST: '127.0.0.1', PGUSER: 'replica', PGPASSWORD: 'replica:pass\\word' },
  };
  const base = pods.script('postgres-base.sh', env);
  if (base.status !== 0) throw new Error(`postgres-base.sh: ${base.stderr}`);
  // Its name is in whole seconds: the moment has to be in a later one.
  await sleep(2_000);
  const moment = pods.query(0, 'SELECT clock_timestamp()');
  const next = totalOf(live.published());
  await eventually('frames come', () => totalOf(live.published()) > next + 20, 30_000);
  await sleep(BEFORE_MS);
  await archived(postgres);
  return moment;
}

/** The box that replaces it, from the copy of its backup: docs/recovery.md, line by line. */
async function replaceBox(system: RecoverySystem): Promise<void> {
  system.broker = await startMosquitto();
  const box = await system.newBox('third');
  const back = join(system.folder, 'back');
  await box.verb('backup', 'fetch', '--to', back, '--key-file', keyFileIn(system.folder));
  await box.verb('backup', 'verify', back);
  await box.verb('backup', 'restore', back, '--yes');
  await box.start();
  system.box = box;
  await eventually(
    'the box is at its broker',
    async () => (await box.status()).broker.state === 'ok',
    WAIT_MS,
  );
  await system.live.begin(system.broker.url);
  await writeAgain(system);
}

function keyFileIn(folder: string): string {
  return join(folder, 'recovery-key');
}

/** The sheet of paper: made before there is anything to lose. */
export async function makeRecoveryKey({ box, folder }: RecoverySystem): Promise<void> {
  const key = /AGE-SECRET-KEY-1[0-9A-Z]+/.exec(await box.verb('backup', 'key', '--yes'))?.[0];
  if (key === undefined) throw new Error('backup key printed none');
  writeFileSync(keyFileIn(folder), `${key}\n`, { mode: 0o600 });
}

/** The whole log to InfluxDB, from the beginning. */
async function writeAgain({ box }: RecoverySystem): Promise<void> {
  const isUp = async () => (await box.status()).influx.state === 'ok';
  await eventually('the box has InfluxDB again', isUp, WAIT_MS);
  await box.verb('influx', 'rewind', '--from', '2020-01-01');
  const isDone = async () => {
    await sleep(LOOK_MS);
    return (await box.status()).influx.rewind?.state === 'done';
  };
  await eventually('the log is written again', isDone, WAIT_MS);
}

/** What is more than `before`. */
function since(before: Counts, after: Counts): Counts {
  return new Map([...after].map(([device, count]) => [device, count - (before.get(device) ?? 0)]));
}

/** Waits until all frames that there are now, but as many as `without`, are in PostgreSQL and the box writes what comes. */
async function whole({ box, all, postgres }: RecoverySystem, without: Counts): Promise<void> {
  const wanted = totalOf(all()) - totalOf(without);
  let last = '';
  const isWhole = async () => {
    const { influx, centre } = await box.status();
    const stored = await postgres.count();
    const isUp = [influx, centre].every(({ state, pending }) => state === 'ok' && pending < FRESH);
    if (isUp && stored >= wanted) return true;
    last = `${stored} of ${wanted} frames stored, InfluxDB ${influx.state}, ${influx.pending} wait, centre ${centre.state}, ${centre.pending} wait`;
    await sleep(LOOK_MS);
    return false;
  };
  await eventually('all is everywhere', isWhole, WAIT_MS).catch(() => {
    throw new Error(`not whole in ${WAIT_MS / 1_000} s: ${last}`);
  });
}

/** `without`: what only the box had, whose InfluxDB then has no more than its new log. */
async function conclude(
  system: RecoverySystem,
  dead: string,
  fromMs: number,
  without: Counts = NOTHING,
): Promise<Recovery> {
  await whole(system, without);
  const seconds = (performance.now() - fromMs) / 1_000;
  await system.live.rest();
  await whole(system, without);
  await delivered(system);
  const all = system.all();
  const notStored = missingOf(all, await system.postgres.frames());
  const notWritten = missingOf(all, await system.influx.frames());
  const mayLose = totalOf(without);
  const missing = new Set(mayLose === 0 ? [...notStored, ...notWritten] : notStored);
  const proved = await isProved(system);
  await system.live.begin(system.broker.url);
  return {
    ...{ dead, seconds: Number(seconds.toFixed(1)), lost: missing.size, mayLose },
    ...{ frames: totalOf(all), notInInflux: notWritten.length, proved },
  };
}

async function delivered({ box }: RecoverySystem): Promise<void> {
  const isDelivered = async () => {
    const { influx, centre } = await box.status();
    return influx.pending === 0 && centre.pending === 0;
  };
  await eventually('the box has nothing left to write', isDelivered, WAIT_MS);
}

async function isProved({ collect }: RecoverySystem): Promise<boolean> {
  const verify = async () => (await collect.verb('verify-sync', '--deep')).status === 0;
  return eventually('verify-sync finds nothing', verify, PROOF_MS).catch(() => false);
}
