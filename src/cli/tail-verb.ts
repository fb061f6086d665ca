/** The verb that shows readings, and frames, in the terminal as they come to the running box. */

import { didYouMean } from '../model/suggest.ts';
import { oneLine } from '../model/text.ts';
import { clockOf } from '../model/wall-clock.ts';
import { BOX_OPTIONS, type Box, type Failure, findBox, itemsOf } from './box-api.ts';
import { fail } from './fail.ts';
import { createOutage, type Follower, followFrames, followRecords, SILENCE_MS } from './tail-follow.ts';
import {
  frameLine,
  type LineWords,
  readingLine,
  type TailDevice,
  type TailFrame,
  type TailReading,
} from './tail-lines.ts';
import { type CliWorld, EXIT, type Given, type Verb } from './verb.ts';

const AGAIN_MS = 2_000;
/** Names and units are asked for anew when a reading comes and they are older. */
const FRESH_MS = 60_000;
const UNKNOWN_FRESH_MS = 5_000;
const MAX_LAST = 1_000;
const MAX_WIDTH = 24;

export const tail: Verb = {
  name: 'tail',
  group: 'Devices',
  synopsis: '[--device DEVEUI|NAME]... [--frames] [--last N] [--json]',
  summary: 'show readings as they come, a line each, until Ctrl-C',
  details:
    'Asks the running box, with a token of the scope read where it has access control. Times are in the time zone of the site. When the box restarts it is waited for, and nothing that came meanwhile is left out. With --json a line is a reading, as GET /readings has it, or {"frame": …}, as GET /frames has it. Exit code 77: not permitted; 69: the box did not answer at the start.',
  options: {
    device: {
      ...{ type: 'string', multiple: true, value: 'DEVEUI|NAME' },
      summary: 'only of this device; may be given more than once',
    },
    frames: {
      type: 'boolean',
      summary: 'frames on the air as well: heard, refused and why, sent and what became of them',
    },
    last: { type: 'string', value: 'N', summary: 'so many readings of before first (10)' },
    json: { type: 'boolean', summary: 'one JSON object a line' },
    ...BOX_OPTIONS,
  },
  examples: ['webscada-edge tail', 'webscada-edge tail --device "Tank 1" --frames'],
  async run(given, world) {
    const last = Number(given.text('last') ?? 10);
    if (!(Number.isInteger(last) && last >= 0 && last <= MAX_LAST))
      return fail(world, `--last is a number up to ${MAX_LAST}`, EXIT.usage);
    const box = await findBox(given, world, SILENCE_MS);
    if (typeof box === 'number') return box;
    const status = await box.ask('/api/v1/status');
    if (!status.ok) return fail(world, status.problem, status.code);
    const devices = await createDeviceNames(box);
    if ('problem' in devices) return fail(world, devices.problem, devices.code);
    const wanted = wantedDevices(given.texts('device'), devices.all());
    if (typeof wanted === 'string') return fail(world, wanted, EXIT.usage);
    const { site, timeZone, now, store } = status.json as BoxStatus;
    const { clock, zone } = clockOf(timeZone);
    world.stderr.write(`${oneLine(site)}: times in ${zone}, until Ctrl-C\n`);
    const view: View = { given, world, wanted, devices, clock };
    const older = last === 0 ? [] : await newestReadings(box, view, last, store);
    if ('problem' in older) return fail(world, older.problem, older.code);
    for (const reading of older) writeReading(view, reading);
    return follow(box, view, { after: `${store.epoch}-${store.lastSeq}`, sinceMs: Date.parse(now) });
  },
};

interface BoxStatus {
  readonly site: string;
  readonly timeZone?: string;
  readonly now: string;
  readonly store: { readonly epoch: number; readonly lastSeq: number };
}

interface View {
  readonly given: Given;
  readonly world: CliWorld;
  /** DevEUIs; undefined for all. */
  readonly wanted: ReadonlySet<string> | undefined;
  readonly devices: DeviceNames;
  readonly clock: LineWords['clock'];
}

async function follow(
  box: Box,
  view: View,
  { after, sinceMs }: { readonly after: string; readonly sinceMs: number },
): Promise<number> {
  const { world, given, devices } = view;
  const { pause } = await import('../ops/world.ts');
  const ended = new AbortController();
  const tell = (text: string): void => void world.stderr.write(`webscada-edge: ${oneLine(text)}\n`);
  const endWhenClosed = (): void => {
    if (world.stdout.closed) ended.abort();
  };
  const follower: Follower = {
    ...{ box, tell, signal: ended.signal, outage: createOutage(tell) },
    pause: () => pause(AGAIN_MS),
    monotonicMs: devices.monotonicMs,
    async readings(readings) {
      if (readings.length > 0) await devices.refresh(readings.map(({ device }) => device));
      for (const reading of readings) writeReading(view, reading);
      endWhenClosed();
    },
    frame(frame) {
      writeFrame(view, frame);
      endWhenClosed();
    },
  };
  const failure = await Promise.race([
    followRecords(follower, after),
    ...(given.flag('frames') ? [followFrames(follower, sinceMs)] : []),
  ]);
  // The other one's question would keep the program from its end.
  ended.abort();
  return failure ? fail(world, failure.problem, failure.code) : EXIT.ok;
}

function writeReading({ given, world, wanted, devices, clock }: View, reading: TailReading): void {
  if (wanted && !wanted.has(reading.device)) return;
  const { name } = devices.deviceOf(reading.device) ?? {};
  const text = given.flag('json')
    ? JSON.stringify({ ...reading, ...(name === undefined ? {} : { name }) })
    : readingLine(reading, { ...devices, clock, width: devices.width() });
  world.stdout.write(`${text}\n`);
}

function writeFrame({ given, world, wanted, devices, clock }: View, frame: TailFrame): void {
  const mayBe = [frame.devEui ?? '', ...(frame.maybeOf ?? [])];
  if (wanted && !mayBe.some((devEui) => wanted.has(devEui))) return;
  const text = given.flag('json')
    ? JSON.stringify({ frame })
    : frameLine(frame, { ...devices, clock, width: devices.width() });
  world.stdout.write(`${text}\n`);
}

interface DeviceNames {
  all(): readonly TailDevice[];
  readonly deviceOf: (devEui: string) => TailDevice | undefined;
  width(): number;
  readonly monotonicMs: () => number;
  /** Before readings of these devices are shown. A box that does not answer is asked again later. */
  refresh(devEuis: readonly string[]): Promise<void>;
}

async function createDeviceNames(box: Box): Promise<DeviceNames | Failure> {
  const [{ createLogger }, { createWorld }] = await Promise.all([
    import('../ops/logger.ts'),
    import('../ops/world.ts'),
  ]);
  const { clock } = createWorld(createLogger({ level: 'error', format: 'pretty' }));
  const first = await devicesAt(box);
  if ('problem' in first) return first;
  let known = new Map(first.map((device) => [device.devEui, device]));
  let askedMs = clock.monotonicMs();
  return {
    monotonicMs: clock.monotonicMs,
    all: () => [...known.values()],
    deviceOf: (devEui) => known.get(devEui),
    width: () =>
      Math.min(MAX_WIDTH, Math.max(16, ...[...known.values()].map(({ name }) => oneLine(name).length))),
    async refresh(devEuis) {
      const isUnknown = devEuis.some((devEui) => !known.has(devEui));
      if (clock.monotonicMs() - askedMs < (isUnknown ? UNKNOWN_FRESH_MS : FRESH_MS)) return;
      askedMs = clock.monotonicMs();
      const found = await devicesAt(box);
      if (!('problem' in found)) known = new Map(found.map((device) => [device.devEui, device]));
    },
  };
}

async function devicesAt(box: Box): Promise<readonly TailDevice[] | Failure> {
  return itemsOf<TailDevice>(box, '/api/v1/devices', { fields: 'name,fields', limit: '1000' });
}

/** Whom `--device` names: DevEUIs, or the words of what is wrong. */
function wantedDevices(
  names: readonly string[],
  devices: readonly TailDevice[],
): ReadonlySet<string> | undefined | string {
  if (names.length === 0) return undefined;
  const found = new Set<string>();
  for (const name of names) {
    const wanted = name.trim().toLowerCase();
    const same = devices.filter((one) => one.devEui === wanted || one.name.trim().toLowerCase() === wanted);
    // One that nobody has declared may be heard all the same.
    if (same.length === 0 && !/^[0-9a-f]{16}$/.test(wanted))
      return `no device is called \`${oneLine(name)}\`${didYouMean(
        name,
        devices.map((one) => oneLine(one.name)),
      )}`;
    for (const devEui of same.length === 0 ? [wanted] : same.map((one) => one.devEui)) found.add(devEui);
  }
  return found;
}

/** Oldest first, none of those that are followed. */
async function newestReadings(
  box: Box,
  { wanted }: View,
  count: number,
  { epoch, lastSeq }: BoxStatus['store'],
): Promise<readonly TailReading[] | Failure> {
  const found: TailReading[] = [];
  const queries = wanted ? [...wanted].map((device) => ({ device })) : [{}];
  for (const query of queries) {
    const limit = String(Math.max(1, count));
    const page = await itemsOf<TailReading>(box, '/api/v1/readings', { ...query, limit }, count);
    if ('problem' in page) return page;
    found.push(...page);
  }
  return found
    .map(shownReading)
    .filter(({ id }) => id.startsWith(`${epoch}-`) && seqOf(id) <= lastSeq)
    .sort((a, b) => seqOf(a.id) - seqOf(b.id))
    .slice(-count);
}

const seqOf = (id: string): number => Number(id.split('-')[1]);

/** With --json old readings have the members that new ones have. */
function shownReading({ id, time, timeQuality, device, fields, data, fPort, fCnt, problem }: TailReading) {
  return {
    ...{ id, time },
    ...(timeQuality === undefined ? {} : { timeQuality }),
    ...{ device, fields, data, fPort, fCnt },
    ...(problem === undefined ? {} : { problem }),
  };
}
