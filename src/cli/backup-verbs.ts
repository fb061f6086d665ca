/** The verbs that copy what a box cannot get again into a folder, check such a copy, and put it back. */
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { DEFAULT_CONFIG_FILE, loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { type CliWorld, EXIT, type Verb } from './verb.ts';

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
      world.stderr.write(
        'webscada-edge: backup create wants --to FOLDER, a number for --max-log-mb, and one of --with-key and --without-key\n',
      );
      return EXIT.usage;
    }
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const { keyFile } = loaded.config.store;
    const { createBackup } = await import('../ops/backup.ts');
    const { createLogger } = await import('../ops/logger.ts');
    const { createWorld } = await import('../ops/world.ts');
    const { clock } = createWorld(createLogger({ level: 'error', format: 'pretty' }));
    try {
      const { files, left } = await createBackup({
        dir: loaded.config.store.dir,
        settings: loaded.files,
        to: resolve(to),
        version: world.version,
        nowMs: clock.nowMs(),
        maxLogBytes: megabytes * 1e6,
        withKey: given.flag('with-key') || (keyFile === undefined && !given.flag('without-key')),
        keyFile,
      });
      for (const { name, size } of files) world.stdout.write(`${name} (${size} bytes)\n`);
      for (const name of left) world.stdout.write(`${name} left out: too large\n`);
      return EXIT.ok;
    } catch (error) {
      world.stderr.write(
        `webscada-edge: no backup: ${error instanceof Error ? error.message : String(error)}\n`,
      );
      return EXIT.failure;
    }
  },
};

const verify: Verb = {
  name: 'backup verify',
  group: 'Store',
  synopsis: 'FOLDER',
  summary: 'check that a backup is whole',
  options: {},
  maxWords: 1,
  examples: ['webscada-edge backup verify /media/usb/north-hill'],
  async run(_given, world, [folder]) {
    if (folder === undefined) {
      world.stderr.write('webscada-edge: backup verify wants the name of a folder\n');
      return EXIT.usage;
    }
    const { verifyBackup } = await import('../ops/backup.ts');
    const problems = await verifyBackup(resolve(folder));
    for (const problem of problems) world.stderr.write(`webscada-edge: ${problem}\n`);
    if (problems.length === 0) world.stdout.write('the backup is whole\n');
    return problems.length === 0 ? EXIT.ok : EXIT.failure;
  },
};

const restore: Verb = {
  name: 'backup restore',
  group: 'Store',
  synopsis: 'FOLDER [--yes] [--config FILE]',
  summary: 'put a backup in the place of the store, on this box or on the one that replaces it',
  details:
    'The box must be stopped. The backup is checked first; what was there is kept in a folder beside the store. Settings are put back only where the settings file is missing. Frame counters of downlinks leap ahead so that none is used twice, and the centre is told of a new epoch. Do not restore one backup on two boxes that run.',
  options: { yes: { type: 'boolean', short: 'y', summary: 'do not ask' }, ...SETTINGS_OPTIONS },
  maxWords: 1,
  examples: ['sudo webscada-edge backup restore /media/usb/north-hill --yes'],
  async run(given, world, [folder]) {
    if (folder === undefined) {
      world.stderr.write('webscada-edge: backup restore wants the name of a folder\n');
      return EXIT.usage;
    }
    const { verifyBackup } = await import('../ops/backup.ts');
    const problems = await verifyBackup(resolve(folder));
    if (problems.length > 0) return told(world, problems);
    if (!given.flag('yes') && !(await confirmed(world))) {
      return told(world, ['nothing was changed; --yes does it without asking']);
    }
    const { restoreBackup, restoreSettings } = await import('../ops/restore.ts');
    try {
      const main = given.text('config') ?? (world.env.WSE_CONFIG || DEFAULT_CONFIG_FILE);
      for (const file of restoreSettings(resolve(folder), main)) world.stdout.write(`${file}\n`);
      const loaded = await loadSettings(given, world);
      if (typeof loaded === 'number') return loaded;
      const { createLogger } = await import('../ops/logger.ts');
      const { createWorld } = await import('../ops/world.ts');
      const outcome = await restoreBackup({
        folder: resolve(folder),
        dir: loaded.config.store.dir,
        keyFile: loaded.config.store.keyFile,
        world: createWorld(createLogger({ level: 'error', format: 'pretty' })),
      });
      if (!outcome.restored) {
        return told(world, outcome.problems, outcome.running ? EXIT.temporary : EXIT.failure);
      }
      for (const file of outcome.files) world.stdout.write(`${file}\n`);
      if (outcome.aside !== undefined) world.stdout.write(`what was there before is in ${outcome.aside}\n`);
      world.stdout.write(`restored as epoch ${outcome.epoch}\n`);
      return EXIT.ok;
    } catch (error) {
      return told(world, [`not restored: ${error instanceof Error ? error.message : String(error)}`]);
    }
  },
};

function told(world: CliWorld, problems: readonly string[], code: number = EXIT.failure): number {
  for (const problem of problems) world.stderr.write(`webscada-edge: ${problem}\n`);
  return code;
}

/** Asks on a terminal; anywhere else nobody can answer. */
async function confirmed(world: CliWorld): Promise<boolean> {
  if (world.stdout.isTTY !== true || process.stdin.isTTY !== true) return false;
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question('Put the backup in the place of the store? [y/N] ');
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}

export const BACKUP_VERBS: readonly Verb[] = [create, verify, restore];
