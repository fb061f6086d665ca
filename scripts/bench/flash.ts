/**
 * What a reading costs the card: the appliance behind a real Mosquitto, its data on an ext4 of a loop device, and what the
 * kernel counted as written to that device. `--rates 1,10,100` readings a second, `--seconds 60` each, `--mount-options
 * lazytime`. Needs root to mount; says so and ends where it cannot.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectAsync } from 'mqtt';
import { openSqlite } from '../../src/store/sqlite.ts';
import { type Status, startAppliance, writeSettings } from '../../test/support/appliance-process.ts';
import { createFleet, fleetSettings, frameOf, upEvent } from '../../test/support/fleet.ts';
import { startMosquitto } from '../../test/support/mosquitto.ts';
import { freePort, temporaryFolder } from '../../test/support/process.ts';
import { type Figure, figure, Unavailable } from './figure.ts';
import { plainReading } from './sqlite-alone.ts';

const IMAGE_BYTES = 512 * 1024 * 1024;
const SECTOR = 512;
/** Without these the kernel goes on making the file system for minutes. */
const MADE_WHOLE = ['-E', 'lazy_itable_init=0,lazy_journal_init=0'];
const WARM_UP_S = 10;

export interface FlashCost {
  readonly rate: number;
  readonly readings: number;
  /** What reached the device, for each reading. */
  readonly blockBytes: number;
  /** What the process wrote, for each reading. */
  readonly writtenBytes: number;
}

function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr.trim()}`);
  return stdout.trim();
}

/** Bytes written to the loop device so far. */
function deviceBytes(device: string): number {
  const fields = readFileSync(`/sys/block/${device.slice('/dev/'.length)}/stat`, 'utf8')
    .trim()
    .split(/\s+/);
  return Number(fields[6]) * SECTOR;
}

/** The cost at `rate` readings a second over `seconds`. Throws Unavailable where no loop device can be mounted. */
export async function flashCost(
  rate: number,
  seconds: number,
  mountOptions = 'defaults',
): Promise<FlashCost> {
  return onDevice(
    (mounted, device, folder) => measure(rate, seconds, join(mounted, 'data'), device, folder),
    mountOptions,
  );
}

/** The same readings as JSON by SQLite alone, each a synced commit of its own: bytes that reach the device for each. */
async function plainBlockBytes(rate: number, seconds: number): Promise<number> {
  return onDevice(async (mounted, device) => {
    const db = openSqlite(join(mounted, 'plain.db'));
    db.exec('CREATE TABLE readings (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)');
    const insert = db.prepare('INSERT INTO readings (body) VALUES (?)');
    run('sync', '--file-system', mounted);
    const before = deviceBytes(device);
    const readings = rate * seconds;
    for (let index = 0; index < readings; index++) {
      insert.run(plainReading(index));
      await sleep(1_000 / rate);
    }
    run('sync', '--file-system', mounted);
    const bytes = deviceBytes(device) - before;
    db.close();
    return bytes / readings;
  });
}

/** Runs `use` with a fresh ext4 on a loop device, which goes afterwards. Throws Unavailable where there can be none. */
async function onDevice<T>(
  use: (mounted: string, device: string, folder: string) => Promise<T>,
  mountOptions = 'defaults',
): Promise<T> {
  const folder = temporaryFolder();
  const [image, mounted] = [join(folder.path, 'image'), join(folder.path, 'mounted')];
  mkdirSync(mounted);
  const fd = openSync(image, 'w');
  ftruncateSync(fd, IMAGE_BYTES);
  closeSync(fd);
  try {
    const device = makeDevice(image);
    try {
      try {
        run('mount', '-o', mountOptions, device, mounted);
      } catch (error) {
        throw new Unavailable(String(error));
      }
      try {
        return await use(mounted, device, folder.path);
      } finally {
        run('umount', mounted);
      }
    } finally {
      run('losetup', '--detach', device);
    }
  } finally {
    folder.remove();
  }
}

function makeDevice(image: string): string {
  try {
    run('mkfs.ext4', '-q', '-F', ...MADE_WHOLE, image);
    return run('losetup', '--find', '--show', image);
  } catch (error) {
    throw new Unavailable(`needs root, mkfs.ext4 and loop devices: ${String(error)}`);
  }
}

async function measure(
  rate: number,
  seconds: number,
  dir: string,
  device: string,
  folder: string,
): Promise<FlashCost> {
  const fleet = createFleet(Math.min(100, rate * 10), 'flash');
  const broker = await startMosquitto();
  const httpPort = await freePort();
  const settings = writeSettings(folder, {
    site: { id: 'flash' },
    http: { port: httpPort },
    mqtt: { mode: 'external', url: broker.url, client_id: 'appliance' },
    store: { dir },
    log: { level: 'error' },
    // Once a day, not a reading; the first one would fall into the time that is measured.
    backup: { enabled: false },
    devices: fleetSettings(fleet),
  });
  const appliance = await startAppliance(settings, httpPort);
  const publisher = await connectAsync(broker.url, { protocolVersion: 5 });
  let sent = 0;
  const publish = async (forMs: number): Promise<void> => {
    const startedMs = performance.now();
    const before = sent;
    for (let elapsedMs = 0; elapsedMs < forMs; elapsedMs = performance.now() - startedMs) {
      while (sent - before < (elapsedMs * rate) / 1_000) {
        const index = sent++;
        const frame = frameOf(
          fleet[index % fleet.length] as (typeof fleet)[0],
          Math.floor(index / fleet.length),
        );
        const { topic, payload } = upEvent(frame);
        publisher.publish(topic, payload, { qos: 1 });
      }
      await sleep(Math.max(1, 250 / rate));
    }
  };
  const stored = async () => (await appliance.get<Status>('/api/v1/status')).store.lastSeq;
  await publish(WARM_UP_S * 1_000);
  run('sync', '--file-system', dir);
  const before = { bytes: deviceBytes(device), seq: await stored(), written: appliance.usage().writtenBytes };
  await publish(seconds * 1_000);
  run('sync', '--file-system', dir);
  const after = { bytes: deviceBytes(device), seq: await stored(), written: appliance.usage().writtenBytes };
  await publisher.endAsync();
  await appliance.stop();
  await broker.stop();
  const readings = after.seq - before.seq;
  return {
    ...{ rate, readings },
    blockBytes: (after.bytes - before.bytes) / readings,
    writtenBytes: (after.written - before.written) / readings,
  };
}

/** All rates at the same time, each on a device of its own: what is counted is bytes, not time. */
export async function flash(rates: readonly number[], seconds: number): Promise<Figure[]> {
  const [costs, plain] = await Promise.all([
    Promise.all(rates.map((rate) => flashCost(rate, seconds))),
    Promise.all(rates.map((rate) => plainBlockBytes(rate, seconds))),
  ]);
  return costs.map(({ rate, readings, blockBytes }, index) =>
    figure(
      `flash.${rate}`,
      `block bytes a reading, ext4, at ${rate}/s`,
      [blockBytes / 1_000, 'kB'],
      `what the kernel counted as written to a loop device with ext4 that holds the store, ${readings} readings; SQLite alone commits and syncs the same number as JSON, each by itself, on a device of its own`,
      { reference: (plain[index] ?? Number.NaN) / 1_000, to: 'SQLite alone' },
    ),
  );
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rates: { type: 'string', default: '1,10,100' },
      seconds: { type: 'string', default: '60' },
      'mount-options': { type: 'string', default: 'defaults' },
    },
  });
  for (const rate of values.rates.split(',').map(Number)) {
    try {
      const { readings, blockBytes, writtenBytes } = await flashCost(
        rate,
        Number(values.seconds),
        values['mount-options'],
      );
      console.log(
        `flash, ${rate} readings/s: ${(blockBytes / 1_000).toFixed(1)} kB a reading reach the device, ${(writtenBytes / 1_000).toFixed(1)} kB are written by the process (${readings} readings)`,
      );
    } catch (error) {
      console.warn(`SKIPPED: flash: needs a loop device and the right to mount: ${String(error)}`);
      break;
    }
  }
}
