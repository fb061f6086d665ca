/**
 * The verbs about the store on disk: look, check, repair, take out. All but `repair` also work beside a running appliance.
 * Exit codes: 0 all is well, 1 it cannot be done, 3 the store is damaged or a repair lost records.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { LogRecord } from '../model/record.ts';
import type { World } from '../model/world.ts';
import type { StoreStats } from '../store/repair/inspect.ts';
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { type CliWorld, EXIT, type Given, type Verb } from './verb.ts';

const DIR_OPTIONS = {
  dir: {
    type: 'string',
    value: 'FOLDER',
    summary: 'folder of the store, instead of the one of the settings',
  },
  ...SETTINGS_OPTIONS,
} as const;
const JSON_OPTION = { json: { type: 'boolean', summary: 'as one line of JSON' } } as const;
const EXIT_WORDS =
  'Exit code 0: all is well; 1: it could not be done; 3: the store is damaged, or the repair lost records.';

/** The folder of the store if there is one, or the exit code. */
async function storeDir(given: Given, world: CliWorld): Promise<string | number> {
  let dir = given.text('dir');
  if (dir === undefined) {
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    dir = loaded.config.store.dir;
  }
  const { isStore } = await import('../store/repair/inspect.ts');
  if (isStore(dir)) return dir;
  world.stderr.write(`webscada-edge: there is no store in ${dir}\n`);
  return EXIT.failure;
}

function failed(world: CliWorld, what: string, error: unknown): number {
  const reason = error instanceof Error ? error.message : String(error);
  world.stderr.write(`webscada-edge: ${what}: ${reason}\n`);
  return EXIT.failure;
}

function when(timeMs: number | null): string {
  return timeMs === null ? 'none' : new Date(timeMs).toISOString();
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

export const storeStatsVerb: Verb = {
  name: 'store stats',
  group: 'Store',
  synopsis: '[--json] [--dir FOLDER] [--config FILE]',
  summary: 'print what the store holds and how far its readers are',
  options: { ...JSON_OPTION, ...DIR_OPTIONS },
  examples: ['webscada-edge store stats --json'],
  async run(given, world) {
    const dir = await storeDir(given, world);
    if (typeof dir === 'number') return dir;
    const { storeStats } = await import('../store/repair/inspect.ts');
    try {
      const stats = storeStats(dir);
      world.stdout.write(given.flag('json') ? `${JSON.stringify(stats)}\n` : statsText(stats));
      return EXIT.ok;
    } catch (error) {
      return failed(world, `the store in ${dir} cannot be read (try: webscada-edge store verify)`, error);
    }
  },
};

function statsText(stats: StoreStats): string {
  const lines = [
    `store     ${stats.storeId}, epoch ${stats.epoch}, ${stats.running ? 'in use by a running appliance' : 'not in use'}`,
    `records   ${stats.records}, from ${stats.firstSeq} to ${stats.lastSeq}, ${stats.removed} removed`,
    `times     ${when(stats.oldestMs)} to ${when(stats.newestMs)}`,
    `devices   ${stats.devices}`,
    `refused   ${stats.quarantined} in quarantine`,
    `size      ${megabytes(stats.fileBytes)}, of it ${megabytes(stats.freePagesBytes)} free, and ${megabytes(stats.walBytes)} of write-ahead log`,
    `disk      ${megabytes(stats.freeDiskBytes)} free`,
    ...Object.entries(stats.cursors).map(
      ([name, { accepted, delivered, pending, quarantined, expired }]) =>
        `reader    ${name}: ${accepted} accepted = ${delivered} delivered + ${pending} pending + ${quarantined} quarantined + ${expired} expired`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

export const storeVerify: Verb = {
  name: 'store verify',
  group: 'Store',
  synopsis: '[--json] [--dir FOLDER] [--config FILE]',
  summary: 'check every record of the store against its checksum',
  details: `Beside a running appliance the records are checked; with it stopped also the pages and whether any record is missing. ${EXIT_WORDS}`,
  options: { ...JSON_OPTION, ...DIR_OPTIONS },
  examples: ['webscada-edge store verify'],
  async run(given, world) {
    const dir = await storeDir(given, world);
    if (typeof dir === 'number') return dir;
    const { verifyStore } = await import('../store/repair/inspect.ts');
    const report = verifyStore(dir);
    if (given.flag('json')) {
      world.stdout.write(`${JSON.stringify(report)}\n`);
    } else {
      for (const problem of report.problems) world.stdout.write(`${problem}\n`);
      const scope = report.running ? ' (in use: pages and missing records were not looked at)' : '';
      world.stdout.write(
        report.sound
          ? `sound: ${report.records} records from ${report.firstSeq} to ${report.lastSeq}${scope}\n`
          : `damaged: the next start repairs it, or: webscada-edge store repair${scope}\n`,
      );
    }
    return report.sound ? EXIT.ok : EXIT.degraded;
  },
};

export const storeRepair: Verb = {
  name: 'store repair',
  group: 'Store',
  synopsis: '[--json] [--dir FOLDER] [--config FILE]',
  summary: 'repair a damaged store; the appliance must be stopped',
  details: `Does what a start does with a damaged store: every sound record keeps its number, a new epoch begins, and a record says what is lost. A sound store is left alone. Root leaves the files to the owner of the folder. ${EXIT_WORDS}`,
  options: { ...JSON_OPTION, ...DIR_OPTIONS },
  examples: ['webscada-edge store repair'],
  async run(given, world) {
    const dir = await storeDir(given, world);
    if (typeof dir === 'number') return dir;
    const { isRunning, repairStore, verifyStore } = await import('../store/repair/inspect.ts');
    const { giveToOwner } = await import('../files/folder-owner.ts');
    if (isRunning(dir)) {
      world.stderr.write(
        `webscada-edge: an appliance is using the store in ${dir}: stop it first, or just restart it, which repairs as well\n`,
      );
      return EXIT.failure;
    }
    const report = verifyStore(dir);
    if (report.sound) {
      world.stdout.write(
        given.flag('json') ? '{"repaired":false}\n' : 'nothing to repair: the store is sound\n',
      );
      return EXIT.ok;
    }
    try {
      const receipt = repairStore(dir, await quietWorld(), report.problems[0] ?? 'asked for');
      const ranges = receipt.ranges
        .map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`))
        .join(', ');
      world.stdout.write(
        given.flag('json')
          ? `${JSON.stringify({ repaired: true, ...receipt })}\n`
          : `repaired: ${receipt.kept} records kept, ${receipt.lost} lost${ranges === '' ? '' : ` (${ranges})`}, epoch ${receipt.epoch}; keys from ${receipt.keysFrom}\n`,
      );
      return receipt.lost === 0 ? EXIT.ok : EXIT.degraded;
    } catch (error) {
      return failed(world, `the store in ${dir} could not be repaired`, error);
    } finally {
      giveToOwner(dir);
    }
  },
};

/** The machine's clocks; what is to be said the verb says itself. */
async function quietWorld(): Promise<World> {
  const { createWorld } = await import('../ops/world.ts');
  const silent = () => {};
  return createWorld({ debug: silent, info: silent, warn: silent, error: silent });
}

const RECORDS_A_TURN = 1_000;

const FORMATS: Readonly<
  Record<string, { readonly head: string; readonly line: (record: LogRecord) => string }>
> = {
  ndjson: {
    head: '',
    // The body is JSON already: it goes through as it is stored.
    line: ({ seq, timeMs, kind, device, body }) =>
      `{"seq":${seq},"timeMs":${timeMs},"kind":"${kind}","device":${JSON.stringify(device)},"body":${body}}\n`,
  },
  csv: {
    head: 'seq,time,kind,device,body\r\n',
    line: ({ seq, timeMs, kind, device, body }) =>
      `${seq},${when(timeMs)},${kind},${device ?? ''},"${body.replaceAll('"', '""')}"\r\n`,
  },
};

export const storeExport: Verb = {
  name: 'store export',
  group: 'Store',
  synopsis: '[--format ndjson|csv] [--from SEQ] [--to SEQ] [--output FILE]',
  summary: 'write out the records of the store',
  details:
    'One record a line, in order; to standard output unless --output names a file, which must not exist yet.',
  options: {
    format: {
      type: 'string',
      value: 'ndjson|csv',
      summary: 'ndjson (default), or csv with the body as JSON',
    },
    from: { type: 'string', value: 'SEQ', summary: 'first record' },
    to: { type: 'string', value: 'SEQ', summary: 'last record' },
    output: { type: 'string', short: 'o', value: 'FILE', summary: 'write to FILE, which must not exist yet' },
    ...DIR_OPTIONS,
  },
  examples: ['webscada-edge store export --format csv --from 1000 --output readings.csv'],
  async run(given, world) {
    const format = FORMATS[given.text('format') ?? 'ndjson'];
    const from = Number(given.text('from') ?? 0);
    const to = Number(given.text('to') ?? Number.MAX_SAFE_INTEGER);
    if (!format || !Number.isSafeInteger(from) || !Number.isSafeInteger(to)) {
      world.stderr.write(
        'webscada-edge: --format is ndjson or csv; --from and --to are numbers of records\n',
      );
      return EXIT.usage;
    }
    const dir = await storeDir(given, world);
    if (typeof dir === 'number') return dir;
    const { exportRecords } = await import('../store/repair/inspect.ts');
    const file = given.text('output');
    let fd: number | undefined;
    try {
      fd = file === undefined ? undefined : openSync(file, 'wx', 0o640);
      const write = (text: string) => (fd === undefined ? world.stdout.write(text) : writeSync(fd, text));
      if (format.head !== '') write(format.head);
      let count = 0;
      for (const record of exportRecords(dir, from, to)) {
        write(format.line(record));
        // That nobody reads any more is learned between two turns of the loop of events.
        if (++count % RECORDS_A_TURN === 0) await setImmediate();
        if (fd === undefined && world.stdout.closed) break;
      }
      return EXIT.ok;
    } catch (error) {
      return failed(world, 'the export ended early', error);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  },
};

export const STORE_VERBS: readonly Verb[] = [storeStatsVerb, storeVerify, storeRepair, storeExport];
