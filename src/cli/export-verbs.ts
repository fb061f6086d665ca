/** The verbs that carry a site's records to the centre on a stick, at the site: export, and the key it signs with. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreStats } from '../store/repair/inspect.ts';
import type { CarriedHeader } from '../sync/carry/carried-file.ts';
import { exitCodeOf, fail, failWith } from './fail.ts';
import { momentOf } from './moment.ts';
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { type CliWorld, EXIT, type Given, type LoadedConfig, type Verb } from './verb.ts';

const GROUP = 'Centre';

const exportVerb: Verb = {
  name: 'export',
  group: GROUP,
  synopsis: '--since-last | --from TIME [--to TIME] | --from-seq N --out FILE',
  summary: "write the site's records into one signed file, to be carried to the centre",
  details:
    'Also beside a running appliance. The file is compressed, signed with the key of this box (`export key` shows it) and on the stick whole or not at all; FILE may be a folder, the stick itself, and gets a name then. `--since-last` goes on behind the last export. The centre takes the file with `import`; what it has already changes nothing there.',
  options: {
    out: { type: 'string', short: 'o', value: 'FILE', summary: 'the file, or the folder it is to lie in' },
    'since-last': {
      type: 'boolean',
      summary: 'everything behind the last export; the first time everything there is',
    },
    from: {
      type: 'string',
      value: 'TIME',
      summary: 'records from this time on: 2026-11-20, 2026-11-20T08:00Z',
    },
    to: { type: 'string', value: 'TIME', summary: 'records before this time (to the newest if not given)' },
    'from-seq': { type: 'string', value: 'N', summary: 'records from this number on' },
    ...SETTINGS_OPTIONS,
  },
  examples: ['sudo webscada-edge export --since-last --out /media/stick'],
  async run(given, world) {
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const out = given.text('out');
    const problem = wrongUse(given);
    if (out === undefined || problem !== undefined)
      return fail(world, problem ?? '--out FILE is missing', EXIT.usage);
    const { isStore, storeStats, syncStore } = await import('../store/repair/inspect.ts');
    const { dir } = loaded.config.store;
    if (!isStore(dir)) return fail(world, `there is no store in ${dir}`);
    try {
      syncStore(dir);
      const stats = storeStats(dir);
      const range = await rangeOf(given, stats);
      if (typeof range === 'string') {
        world.stdout.write(`${range}\n`);
        return EXIT.ok;
      }
      return await write(loaded, stats, range, placeFor(out, loaded, stats, range), world);
    } catch (error) {
      return failWith(world, `the store in ${dir} cannot be exported`, error);
    }
  },
};

const exportKeyVerb: Verb = {
  name: 'export key',
  group: GROUP,
  synopsis: '[--config FILE]',
  summary: 'show the public key that exports of this box are signed with',
  details: 'Made at the first use. At the centre: `webscada-edge import key SITE KEY`.',
  options: { ...SETTINGS_OPTIONS },
  examples: ['sudo webscada-edge export key'],
  async run(given, world) {
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const { exportKeyIn, fingerprintOf } = await import('../sync/carry/export-key.ts');
    const { giveToOwner } = await import('../files/folder-owner.ts');
    const { site, store } = loaded.config;
    try {
      const { publicKey } = exportKeyIn(store.dir);
      giveToOwner(store.dir);
      world.stdout.write(
        `site         ${site.id}\nkey          ${publicKey}\nfingerprint  ${fingerprintOf(publicKey)}\nat the centre: webscada-edge import key ${site.id} ${publicKey}\n`,
      );
      return EXIT.ok;
    } catch (error) {
      return failWith(world, 'there is no key to show', error);
    }
  },
};

export const EXPORT_VERBS: readonly Verb[] = [exportVerb, exportKeyVerb];

function wrongUse(given: Given): string | undefined {
  const ways = ['since-last', 'from', 'from-seq'].filter((name) => given.flag(name));
  if (ways.length !== 1) return 'say one of --since-last, --from TIME and --from-seq N';
  if (given.flag('to') && !given.flag('from')) return '--to needs --from';
  for (const name of ['from', 'to']) {
    if (momentOf(given.text(name)) === 'wrong')
      return `--${name} is no time: 2026-11-20, or 2026-11-20T08:00Z with its zone`;
  }
  return /^\d{1,15}$/.test(given.text('from-seq') ?? '1')
    ? undefined
    : '--from-seq is the number of a record';
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** What is to be exported, or the words that say why there is nothing. */
async function rangeOf(given: Given, stats: StoreStats): Promise<Range | string> {
  const { dir, firstSeq, lastSeq, epoch, storeId } = stats;
  if (stats.records === 0) return 'the store holds no record yet: nothing was written';
  if (given.flag('since-last')) {
    const { carriedSoFar } = await import('../sync/carry/carried-so-far.ts');
    const before = carriedSoFar(dir);
    const isOurs = before?.storeId === storeId && before.epoch === epoch;
    const first = isOurs ? Math.max(before.seq + 1, firstSeq) : firstSeq;
    if (first > lastSeq) return `nothing new since the last export, ${before?.file}: nothing was written`;
    return { first, last: lastSeq };
  }
  const fromSeq = given.text('from-seq');
  if (fromSeq !== undefined) {
    const first = Math.max(Number(fromSeq), firstSeq);
    return first > lastSeq
      ? `the newest record is ${lastSeq}: nothing was written`
      : { first, last: lastSeq };
  }
  const { seqRange } = await import('../store/repair/inspect.ts');
  const [from, to] = [momentOf(given.text('from')), momentOf(given.text('to'))];
  const range = seqRange(dir, Number(from), to === undefined ? Number.MAX_SAFE_INTEGER : Number(to));
  return range ?? 'there is no record of that time: nothing was written';
}

/** A folder gets a file of its own name in it. */
function placeFor(
  out: string,
  { config }: LoadedConfig,
  { epoch }: StoreStats,
  { first, last }: Range,
): string {
  const isFolder = statSync(out, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? join(out, `${config.site.id}-${epoch}-${first}-${last}.wse`) : out;
}

async function write(
  { config }: LoadedConfig,
  stats: StoreStats,
  range: Range,
  file: string,
  world: CliWorld,
): Promise<number> {
  if (existsSync(file))
    return fail(world, `${file} exists already: name another one, or remove it`, EXIT.usage);
  const { exportRecords } = await import('../store/repair/inspect.ts');
  const { writeCarried } = await import('../sync/carry/write-carried.ts');
  const { exportKeyIn, fingerprintOf } = await import('../sync/carry/export-key.ts');
  const { carriedSoFar, goesOn, noteCarried } = await import('../sync/carry/carried-so-far.ts');
  const { giveToOwner } = await import('../files/folder-owner.ts');
  const { createLogger } = await import('../ops/logger.ts');
  const { createWorld } = await import('../ops/world.ts');
  const { dir, epoch, storeId, ancestors, firstSeq } = stats;
  const key = exportKeyIn(dir);
  const madeMs = createWorld(createLogger({ level: 'error', format: 'pretty' })).clock.nowMs();
  const header: CarriedHeader = {
    ...{ site: config.site.id, storeId, epoch, ancestors, ...range, oldest: firstSeq, madeMs },
    version: world.version,
  };
  try {
    const seal = await writeCarried(file, header, exportRecords(dir, range.first, range.last, true), key);
    const before = carriedSoFar(dir);
    if (goesOn(before, stats, range)) noteCarried(dir, { storeId, epoch, seq: range.last, file, madeMs });
    giveToOwner(dir);
    const bytes = seal.headBytes + seal.bodyBytes;
    world.stdout.write(
      `${file}: ${seal.records} records, ${epoch}-${range.first} to ${epoch}-${range.last}, ${bytes} bytes, signed with ${fingerprintOf(key.publicKey)}; it is on the stick\n`,
    );
    return EXIT.ok;
  } catch (error) {
    return fail(
      world,
      `${file} was not written, and nothing is left of it: ${stickText(error)}`,
      exitCodeOf(error),
    );
  }
}

const STICK_WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the stick is full; make room, or export less with --from and --to',
  EDQUOT: 'the quota of that disk is used up; make room, or export less with --from and --to',
  EFBIG: 'a file of this size does not fit on that file system (FAT: 4 GB); export less with --from and --to',
  EROFS: 'the stick is mounted read-only, or write-protected',
  EIO: 'the stick does not take it (I/O error): it may be worn out or was pulled; try another one',
  ENOENT: 'there is no such folder; is the stick mounted?',
  ENODEV: 'the stick is not there any more',
};

function stickText(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return STICK_WORDS[code] ?? (error instanceof Error ? error.message : String(error));
}
