/** The verbs that copy what a box cannot get again into a folder, and check such a copy. */
import { resolve } from 'node:path';
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { EXIT, type Verb } from './verb.ts';

const create: Verb = {
  name: 'backup create',
  group: 'Store',
  synopsis: '--to FOLDER [--with-key] [--max-log-mb N] [--config FILE]',
  summary: 'copy the store, the users, the certificate and the settings into a new folder',
  details:
    'Works beside the running box: each database is copied as it is at one moment. Credentials from elsewhere are not in it. Device keys in it are sealed with the key of this box, which is not in it: keep that elsewhere, or give --with-key.',
  options: {
    to: { type: 'string', value: 'FOLDER', summary: 'folder to make' },
    'max-log-mb': { type: 'string', value: 'N', summary: 'leave the log of readings out when it is larger' },
    'with-key': { type: 'boolean', summary: 'also the key that device keys are sealed with' },
    ...SETTINGS_OPTIONS,
  },
  examples: ['sudo webscada-edge backup create --to /media/usb/north-hill'],
  async run(given, world) {
    const to = given.text('to');
    const megabytes = Number(given.text('max-log-mb') ?? 'Infinity');
    if (to === undefined || !(megabytes >= 0)) {
      world.stderr.write('webscada-edge: backup create wants --to FOLDER, and a number for --max-log-mb\n');
      return EXIT.usage;
    }
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
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
        withKey: given.flag('with-key'),
        keyFile: loaded.config.store.keyFile,
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

export const BACKUP_VERBS: readonly Verb[] = [create, verify];
