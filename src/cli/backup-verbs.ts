/** The verbs that copy what a box cannot get again into a folder, check such a copy, and put it back. */
import { join, resolve } from 'node:path';
import type { Told } from '../model/said.ts';
import type { CheckedBackup } from '../ops/backup-check.ts';
import { confirmed } from './confirm.ts';
import { fail, failWith } from './fail.ts';
import { DEFAULT_CONFIG_FILE, loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { type CliWorld, EXIT, type Given, type LoadedConfig, type Verb } from './verb.ts';

const create: Verb = {
  name: 'backup create',
  group: 'Store',
  synopsis: '--to FOLDER [--with-key|--without-key] [--max-log-mb N] [--config FILE]',
  summary: 'copy the store, the users, the certificate and the settings into a new folder',
  details:
    'Works beside the running box: each database is copied as it is at one moment. Credentials from elsewhere are not in it. Device keys in it are sealed with the key of this box. That key comes along if it lies in the folder of the store, so keep the backup as safe as the box; where store.key_file puts it elsewhere it does not, unless --with-key says so.',
  options: {
    to: { type: 'string', value: 'FOLDER', summary: 'folder to make' },
    'max-log-mb': { type: 'string', value: 'N', summary: 'leave the log of readings out when it is larger' },
    'with-key': {
      type: 'boolean',
      summary: 'also the key that device keys are sealed with, wherever it lies',
    },
    'without-key': { type: 'boolean', summary: 'not that key, wherever it lies' },
    ...SETTINGS_OPTIONS,
  },
  examples: ['sudo webscada-edge backup create --to /media/usb/north-hill'],
  async run(given, world) {
    const to = given.text('to');
    const megabytes = Number(given.text('max-log-mb') ?? 'Infinity');
    const both = given.flag('with-key') && given.flag('without-key');
    if (to === undefined || !(megabytes >= 0) || both) {
      return fail(
        world,
        'backup create wants --to FOLDER, a number for --max-log-mb, and one of --with-key and --without-key',
        EXIT.usage,
      );
    }
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const { keyFile } = loaded.config.store;
    const { createBackup } = await import('../ops/backup.ts');
    const { describeContents } = await import('../ops/store-contents.ts');
    const { createLogger } = await import('../ops/logger.ts');
    const { createWorld } = await import('../ops/world.ts');
    const { clock } = createWorld(createLogger({ level: 'error', format: 'pretty' }));
    try {
      const { files, left, contents } = await createBackup({
        dir: loaded.config.store.dir,
        settings: loaded.files,
        to: resolve(to),
        version: world.version,
        site: loaded.config.site.id,
        nowMs: clock.nowMs(),
        maxLogBytes: megabytes * 1e6,
        withKey: given.flag('with-key') || (keyFile === undefined && !given.flag('without-key')),
        keyFile,
      });
      for (const { name, size } of files) world.stdout.write(`${name} (${size} bytes)\n`);
      for (const name of left) world.stdout.write(`${name} left out: too large\n`);
      world.stdout.write(`saved: ${describeContents(contents)}\n`);
      return EXIT.ok;
    } catch (error) {
      return failWith(world, 'no backup', error);
    }
  },
};

const verify: Verb = {
  name: 'backup verify',
  group: 'Store',
  synopsis: 'FOLDER',
  summary: 'check that a backup is whole, and say what it holds',
  options: {},
  maxWords: 1,
  examples: ['webscada-edge backup verify /media/usb/north-hill'],
  async run(_given, world, [folder]) {
    if (folder === undefined) return fail(world, 'backup verify wants the name of a folder', EXIT.usage);
    const { checkBackup } = await import('../ops/backup-check.ts');
    const { tell } = await import('../model/said.ts');
    const checked = await checkBackup(resolve(folder));
    if (checked.problems.length > 0) return failAll(world, checked.problems);
    if (checked.empty) return fail(world, tell('restore.empty').detail);
    world.stdout.write(`the backup is whole: ${await describeBackup(checked)}\n`);
    return EXIT.ok;
  },
};

const list: Verb = {
  name: 'backup list',
  group: 'Store',
  synopsis: '[--json] [--config FILE]',
  summary: 'name the backups the box has made by itself, newest first',
  details:
    'Each with its folder, which is what backup verify and backup restore want, and with what it holds as it was written down when it was made. Ends with 1 when there is none.',
  options: { json: { type: 'boolean', summary: 'as JSON' }, ...SETTINGS_OPTIONS },
  examples: ['sudo webscada-edge backup list'],
  async run(given, world) {
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const { backup, store, site } = loaded.config;
    const { placeOf } = await import('../ops/backups/service.ts');
    const { listBackups } = await import('../ops/backups/folder.ts');
    const { readBackupNote } = await import('../ops/backup-check.ts');
    const { describeContents } = await import('../ops/store-contents.ts');
    const place = placeOf(backup, store.dir, site.id);
    let found: ReturnType<typeof listBackups>;
    try {
      found = listBackups(place);
    } catch (error) {
      return failWith(world, `no backups can be read in ${place.folder}`, error);
    }
    const backups = found.map(({ path, timeMs }) => ({ folder: path, timeMs, note: readBackupNote(path) }));
    if (given.flag('json')) {
      const items = backups.map(({ folder, timeMs, note }) => ({
        folder,
        made: new Date(timeMs).toISOString(),
        bytes: note?.bytes,
        left: note?.left,
        contents: note?.contents,
      }));
      world.stdout.write(`${JSON.stringify({ backups: items })}\n`);
    } else {
      for (const { folder, note } of backups) {
        const size = note
          ? `${(note.bytes / 1e6).toFixed(1)} MB, ${describeContents(note.contents)}`
          : 'damaged';
        const without = note && note.left.length > 0 ? `, without ${note.left.join(', ')}: too large` : '';
        world.stdout.write(`${folder}  ${size}${without}\n`);
      }
    }
    if (backups.length > 0) return EXIT.ok;
    return fail(world, `there is no backup of ${site.id} in ${place.folder}`);
  },
};

const restore: Verb = {
  name: 'backup restore',
  group: 'Store',
  synopsis: 'FOLDER [--yes] [--allow-empty] [--config FILE]',
  summary: 'put a backup in the place of the store, on this box or on the one that replaces it',
  details:
    'The box must be stopped. The backup is checked first, and what it replaces by what is shown; what was there is kept in a folder beside the store. Settings are put back only where the settings file is missing. Frame counters of downlinks leap ahead so that none is used twice, and the centre is told of a new epoch. Do not restore one backup on two boxes that run.',
  options: {
    yes: { type: 'boolean', short: 'y', summary: 'do not ask' },
    'allow-empty': {
      type: 'boolean',
      summary: 'also a backup that holds nothing, or no records where there are some',
    },
    ...SETTINGS_OPTIONS,
  },
  maxWords: 1,
  examples: ['sudo webscada-edge backup restore /media/usb/north-hill --yes'],
  async run(given, world, [named]) {
    if (named === undefined) return fail(world, 'backup restore wants the name of a folder', EXIT.usage);
    const folder = resolve(named);
    const { checkBackup } = await import('../ops/backup-check.ts');
    const { objectionTo } = await import('../ops/restore.ts');
    const checked = await checkBackup(folder);
    if (checked.problems.length > 0) return failAll(world, checked.problems);
    const after = await settingsAfter(folder, given, world);
    if (typeof after === 'number') return after;
    const { dir } = after.config.store;
    await showExchange(checked, dir, world);
    const objection = given.flag('allow-empty') ? undefined : objectionTo(checked, dir);
    if (objection !== undefined) {
      return fail(world, `${objection.detail}. Nothing was changed; --allow-empty restores it all the same`);
    }
    if (!(await confirmed('Put the backup in the place of the store?', given, world))) {
      return fail(world, 'nothing was changed; --yes does it without asking');
    }
    try {
      return await restoreNow(folder, after, given, world);
    } catch (error) {
      return failWith(world, 'not restored', error);
    }
  },
};

/** Name of the settings file of this box, whether it is there or not. */
function settingsFile(given: Given, world: CliWorld): string {
  return given.text('config') ?? (world.env.WSE_CONFIG || DEFAULT_CONFIG_FILE);
}

/** The settings that will hold: those of this box, or of the backup where the box has none; or the exit code. */
async function settingsAfter(folder: string, given: Given, world: CliWorld): Promise<LoadedConfig | number> {
  const { existsSync } = await import('node:fs');
  const { readBackupParts } = await import('../ops/backup-check.ts');
  const [first] = readBackupParts(folder).settings;
  if (existsSync(settingsFile(given, world)) || !first) return loadSettings(given, world);
  const saved = join(folder, first.name);
  return loadSettings({ ...given, text: (name) => (name === 'config' ? saved : given.text(name)) }, world);
}

/** What goes, and what comes in its place: in records and times. */
async function showExchange(checked: CheckedBackup, dir: string, { stdout }: CliWorld): Promise<void> {
  const { describeContents, readStoreContents } = await import('../ops/store-contents.ts');
  const { errorText } = await import('../model/error-text.ts');
  let here = '';
  let newerMs = 0;
  try {
    const contents = readStoreContents(dir);
    here = describeContents(contents);
    newerMs = (contents?.newestMs ?? 0) - (checked.contents?.newestMs ?? 0);
  } catch (error) {
    here = `a store that cannot be read (${errorText(error)})`;
  }
  stdout.write(`in ${dir}: ${here}\nthe backup: ${await describeBackup(checked)}\n`);
  if (newerMs > 0)
    stdout.write('What is there now is newer than the backup; it is kept aside, not merged.\n');
}

async function describeBackup({ contents, madeMs }: CheckedBackup): Promise<string> {
  const { describeContents } = await import('../ops/store-contents.ts');
  const made = madeMs === undefined ? '' : `, made ${new Date(madeMs).toISOString()}`;
  return `${describeContents(contents)}${made}`;
}

/** The settings come last: a backup that is refused has changed nothing. */
async function restoreNow(
  folder: string,
  loaded: LoadedConfig,
  given: Given,
  world: CliWorld,
): Promise<number> {
  const { restoreBackup, restoreSettings } = await import('../ops/restore.ts');
  const { createLogger } = await import('../ops/logger.ts');
  const { createWorld } = await import('../ops/world.ts');
  const outcome = await restoreBackup({
    folder,
    dir: loaded.config.store.dir,
    keyFile: loaded.config.store.keyFile,
    world: createWorld(createLogger({ level: 'error', format: 'pretty' })),
    allowEmpty: given.flag('allow-empty'),
  });
  if (!outcome.restored) {
    return failAll(world, outcome.problems, outcome.running ? EXIT.temporary : EXIT.failure);
  }
  const settings = restoreSettings(folder, settingsFile(given, world));
  for (const file of [...settings, ...outcome.files]) world.stdout.write(`${file}\n`);
  if (outcome.aside !== undefined) world.stdout.write(`what was there before is in ${outcome.aside}\n`);
  world.stdout.write(`restored as epoch ${outcome.epoch}\n`);
  return EXIT.ok;
}

function failAll(world: CliWorld, problems: readonly Told[], code: number = EXIT.failure): number {
  for (const { detail } of problems) fail(world, detail);
  return code;
}

export const BACKUP_VERBS: readonly Verb[] = [create, list, verify, restore];
