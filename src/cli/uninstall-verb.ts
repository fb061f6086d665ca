/** The verb that takes the service off a machine. What nobody can give back goes only after a yes. */
import { rm } from 'node:fs/promises';
import { errorText } from '../model/error-text.ts';
import type { Layout } from '../ops/install/layout.ts';
import { thisMachine } from '../ops/install/machine.ts';
import { confirmed } from './confirm.ts';
import { exitCodeOf, fail } from './fail.ts';
import { PREFIX_OPTION, placeOf } from './installed-place.ts';
import { type CliWorld, EXIT, type Verb } from './verb.ts';

export const uninstall: Verb = {
  name: 'uninstall',
  group: 'Installation',
  synopsis: '[--purge [--yes]] [--prefix FOLDER]',
  summary: 'take the service off this machine, keeping its data',
  details:
    'Settings, readings, users and backups stay for a later installation unless --purge is given, which shows what goes and asks first.',
  options: {
    purge: { type: 'boolean', summary: 'remove settings, data and backups as well, for good' },
    yes: { type: 'boolean', short: 'y', summary: 'do not ask' },
    ...PREFIX_OPTION,
  },
  examples: ['sudo webscada-edge uninstall'],
  async run(given, world) {
    const { system, layout } = placeOf(given);
    const machine = thisMachine();
    if (system && machine.uid() !== 0)
      return fail(world, 'only root may uninstall it: sudo webscada-edge uninstall', EXIT.permission);
    const { removals } = await import('../ops/install/plan.ts');
    const purge = given.flag('purge');
    if (purge) {
      await showLoss(layout, world);
      if (!(await confirmed('Remove all of it for good?', given, world)))
        return fail(world, 'nothing was removed; --yes does it without asking');
    }
    if (system && machine.exists(layout.updatesPath))
      await machine.run('systemctl', ['disable', '--now', 'webscada-edge-upgrade.path']);
    if (system) await machine.run('systemctl', ['disable', '--now', 'webscada-edge']);
    const paths = removals(layout, purge).filter((path) => machine.exists(path));
    const code = await removeAll(paths, world);
    if (system) {
      await machine.run('systemctl', ['daemon-reload']);
      await machine.run('systemctl', ['reset-failed', 'webscada-edge']);
      // The user stays with the data, whose owner it is.
      if (purge && code === EXIT.ok) await machine.run('userdel', ['webscada-edge']);
    }
    if (!purge) world.stdout.write(`kept      ${layout.settings}, ${layout.data}, ${layout.backups}\n`);
    return code;
  },
};

/** Each as far as it goes; the exit code of the last that does not. */
async function removeAll(paths: readonly string[], world: CliWorld): Promise<number> {
  let code: number = EXIT.ok;
  for (const path of paths) {
    try {
      await rm(path, { recursive: true, force: true });
      world.stdout.write(`removed   ${path}\n`);
    } catch (error) {
      code = fail(world, `${path} is not removed: ${errorText(error)}`, exitCodeOf(error));
    }
  }
  return code;
}

/** What a purge takes away that no installation brings back: in bytes, and the store in records and times. */
async function showLoss({ settings, data, backups }: Layout, { stdout }: CliWorld): Promise<void> {
  const { describeContents, readStoreContents } = await import('../ops/store-contents.ts');
  const { folderBytes } = await import('../ops/install/folder-size.ts');
  for (const [what, path] of [
    ['settings and secrets', settings],
    ['readings, keys and users', data],
    ['backups', backups],
  ] as const) {
    const bytes = folderBytes(path);
    if (bytes !== undefined) stdout.write(`${path}: ${what}, ${(bytes / 1e6).toFixed(1)} MB\n`);
  }
  try {
    stdout.write(`the store: ${describeContents(readStoreContents(data))}\n`);
  } catch (error) {
    stdout.write(`the store: cannot be read (${errorText(error)})\n`);
  }
}
