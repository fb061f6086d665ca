/**
 * The verbs about devices: list them, take them in from a file, write them out. They ask the running box; when it is
 * stopped they work on its store, which its lock keeps for one program at a time.
 */
import { readFile } from 'node:fs/promises';
import type { DeviceImportService } from '../devices/device-import-service.ts';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ImportedDevice,
  type ImportOutcome,
} from '../model/onboarding.ts';
import { textOfFile } from '../model/text.ts';
import type { Store } from '../store/contract.ts';
import { BOX_OPTIONS, type Box, type Failure, findBox } from './box-api.ts';
import { devicesWhy } from './devices-why.ts';
import { failToRead } from './fail.ts';
import { type CliWorld, EXIT, type Given, type Verb } from './verb.ts';

const GROUP = 'Devices';
const WHERE =
  'Asks the running box; when it is stopped, its store itself is used: then run it as the user of the service.';

interface Listed {
  readonly devEui: string;
  readonly name: string;
  readonly codec: string;
  readonly origin: string;
  readonly lastSeen: string | null;
}

const devicesList: Verb = {
  name: 'devices list',
  group: GROUP,
  synopsis: '[--json]',
  summary: 'list the devices',
  details: WHERE,
  options: { json: { type: 'boolean', summary: 'one JSON object a line' }, ...BOX_OPTIONS },
  examples: ['webscada-edge devices list'],
  async run(given, world) {
    const found = await atBoxOrStore(given, world, {
      box: listAtBox,
      store: ({ devices }) =>
        devices
          .list()
          .map(listed)
          .sort((a, b) => (a.devEui < b.devEui ? -1 : 1)),
    });
    if (typeof found === 'number') return found;
    for (const device of found) {
      const { devEui, name, codec, lastSeen } = device;
      const line = [devEui, codec, lastSeen ?? 'never', name.replace(/\p{Cc}+/gu, ' ')].join('  ');
      world.stdout.write(`${given.flag('json') ? JSON.stringify(device) : line}\n`);
    }
    if (found.length === 0) world.stderr.write('there are no devices\n');
    return EXIT.ok;
  },
};

const devicesImport: Verb = {
  name: 'devices import',
  group: GROUP,
  synopsis: 'FILE [--dry-run] [--codec NAME] [--json]',
  summary: 'add and change devices from a CSV or JSON file',
  details: `Takes our own form, ChirpStack's and The Things Stack's; keys the file leaves out stay as they are. Exit code 3: some of the file's devices could not be read. ${WHERE}`,
  options: {
    'dry-run': { type: 'boolean', summary: 'only say what would be done' },
    codec: {
      type: 'string',
      value: 'NAME',
      summary: 'codec of new devices for which the file names none (raw)',
    },
    json: { type: 'boolean', summary: 'the outcome as JSON' },
    ...BOX_OPTIONS,
  },
  maxWords: 1,
  examples: ['webscada-edge devices import devices.csv --dry-run'],
  async run(given, world, [file]) {
    if (file === undefined) return wrong('say which file', world);
    let text: string;
    try {
      text = textOfFile(await readFile(file));
    } catch (error) {
      return failToRead(world, file, error);
    }
    const dryRun = given.flag('dry-run');
    const codec = given.text('codec');
    const outcome = await atBoxOrStore(given, world, {
      async box(box) {
        const query = new URLSearchParams({
          dryRun: String(dryRun),
          ...(codec === undefined ? {} : { codec }),
        });
        const answer = await box.exchange(`/api/v1/devices/import?${query}`, text);
        return answer.ok ? (JSON.parse(answer.text) as ImportOutcome) : answer;
      },
      store: (_, desk) => desk.importFile(text, { dryRun, ...(codec === undefined ? {} : { codec }) }),
    });
    if (typeof outcome === 'number') return outcome;
    if (given.flag('json')) world.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
    else tell(outcome, dryRun, world);
    return outcome.problems.length > 0 ? EXIT.degraded : EXIT.ok;
  },
};

const devicesExport: Verb = {
  name: 'devices export',
  group: GROUP,
  synopsis: '[--format csv|json|chirpstack|the-things-stack] [--keys] [--sessions]',
  summary: 'write all devices to standard output as a file',
  details: `With --keys the file has the secrets of the devices and moves them to another network server: keep it safe, then delete it. With --sessions another box goes on where this one stops: stop this one first, or a counter is used twice. ${WHERE}`,
  options: {
    format: { type: 'string', value: 'FORM', summary: `${EXPORT_FORMATS.join(', ')} (csv)` },
    keys: { type: 'boolean', summary: 'with root and session keys; needs an administrator’s token' },
    sessions: {
      type: 'boolean',
      summary: 'with keys, running sessions, counters and nonces; needs an administrator’s token',
    },
    ...BOX_OPTIONS,
  },
  examples: [
    'webscada-edge devices export --format chirpstack --keys > devices.json',
    'webscada-edge devices export --format json --sessions > box.json',
  ],
  async run(given, world) {
    const wanted = given.text('format') ?? 'csv';
    const format = EXPORT_FORMATS.find((known: ExportFormat) => known === wanted);
    if (!format) return wrong(`--format is one of ${EXPORT_FORMATS.join(', ')}`, world);
    const withSessions = given.flag('sessions');
    const withKeys = given.flag('keys') || withSessions;
    const text = await atBoxOrStore(given, world, {
      async box(box) {
        const answer = await box.exchange(
          `/api/v1/devices/export?format=${format}&keys=${withKeys}&sessions=${withSessions}`,
        );
        return answer.ok ? answer.text : answer;
      },
      store: (_, desk) => desk.exportFile({ format, withKeys, withSessions }),
    });
    if (typeof text === 'number') return text;
    world.stdout.write(text);
    return EXIT.ok;
  },
};

export const DEVICE_VERBS: readonly Verb[] = [devicesList, devicesWhy, devicesImport, devicesExport];

interface Ways<T> {
  readonly box: (box: Box) => Promise<T | Failure>;
  readonly store: (store: Store, desk: DeviceImportService) => T | Promise<T>;
}

/** What the box answers or, when it is stopped, what its store says; else the exit code, told on standard error. */
async function atBoxOrStore<T extends object | string>(
  given: Given,
  world: CliWorld,
  ways: Ways<T>,
): Promise<T | number> {
  const box = await findBox(given, world);
  if (typeof box === 'number') return box;
  const answer = await ways.box(box);
  if (!isFailure(answer)) return answer;
  // Another box than the one of the settings has no store here.
  if (answer.unreachable && given.text('url') === undefined) return atStore(box, world, ways.store);
  world.stderr.write(`webscada-edge: ${answer.problem}\n`);
  return answer.code;
}

async function atStore<T>({ config, url }: Box, world: CliWorld, use: Ways<T>['store']): Promise<T | number> {
  const [
    { isStore },
    { openStore },
    { StoreError },
    { createDeviceImportService: createOnboardingDesk },
    { CODECS },
    { createWorld },
    { giveToOwner },
  ] = await Promise.all([
    import('../store/repair/inspect.ts'),
    import('../store/store.ts'),
    import('../store/errors.ts'),
    import('../devices/device-import-service.ts'),
    import('../ingest/codec/codec.ts'),
    import('../ops/world.ts'),
    import('../files/folder-owner.ts'),
  ]);
  const { dir } = config.store;
  if (!isStore(dir)) {
    world.stderr.write(`webscada-edge: nobody answers at ${url}, and there is no store in ${dir}\n`);
    return EXIT.unavailable;
  }
  const silent = (): void => {};
  try {
    const { keyFile, maxBytes, maxAgeDays, reserveBytes } = config.store;
    const quiet = createWorld({ debug: silent, info: silent, warn: silent, error: silent });
    const store = openStore({ dir, world: quiet, keyFile, maxBytes, maxAgeDays, reserveBytes });
    try {
      const codecs = (): string[] => [...CODECS, ...store.codecs.list().map(({ name }) => name)];
      return await use(store, createOnboardingDesk({ store, codecs }));
    } finally {
      await store.close();
      giveToOwner(dir);
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    world.stderr.write(
      `webscada-edge: nobody answers at ${url}, and the store cannot be used: ${error.message}\n`,
    );
    return error.retryable ? EXIT.temporary : EXIT.failure;
  }
}

function isFailure(answer: object | string): answer is Failure {
  return typeof answer === 'object' && 'ok' in answer;
}

async function listAtBox(box: Box): Promise<readonly Listed[] | Failure> {
  const found: Listed[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = new URLSearchParams({ limit: '1000', ...(cursor === undefined ? {} : { cursor }) });
    const answer = await box.ask(`/api/v1/devices?${query}`);
    if (!answer.ok) return answer;
    const page = answer.json as { readonly items: readonly Listed[]; readonly nextCursor?: string };
    for (const { devEui, name, codec, origin, lastSeen } of page.items)
      found.push({ devEui, name, codec, origin, lastSeen });
    cursor = page.nextCursor;
    if (cursor === undefined) return found;
  }
}

function listed({
  devEui,
  name,
  codec,
  origin,
  lastSeenMs,
}: ReturnType<Store['devices']['list']>[number]): Listed {
  return {
    devEui,
    name,
    codec,
    origin,
    lastSeen: lastSeenMs > 0 ? new Date(lastSeenMs).toISOString() : null,
  };
}

function tell(outcome: ImportOutcome, dryRun: boolean, { stdout, stderr }: CliWorld): void {
  const line = (what: string, { devEui, name, note }: ImportedDevice): string =>
    `${what}  ${devEui}  ${name}${note === undefined ? '' : `  (${note})`}\n`;
  const { created, changed, skipped, problems } = outcome;
  for (const device of created) stdout.write(line('new    ', device));
  for (const device of changed) stdout.write(line('changed', device));
  for (const device of skipped) stdout.write(line('left   ', device));
  const counts = `${created.length} new, ${changed.length} changed, ${skipped.length} left as they are`;
  stdout.write(`${counts}${dryRun ? '; nothing was done' : ''}\n`);
  for (const { line: at, problem } of problems) stderr.write(`line ${at}: ${problem}\n`);
}

function wrong(problem: string, world: CliWorld): number {
  world.stderr.write(`webscada-edge: ${problem}\n`);
  return EXIT.usage;
}
