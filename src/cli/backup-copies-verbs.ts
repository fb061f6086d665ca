/** The verbs of the copies of backups outside the box: their recovery key, what there is, and bringing one back. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AwayPlaces } from '../ops/backups/away/copies.ts';
import { confirmed } from './confirm.ts';
import { fail, failToRead, failWith } from './fail.ts';
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { type CliWorld, EXIT, type LoadedConfig, type Verb } from './verb.ts';

const WORDS_A_LINE = 5;

const key: Verb = {
  name: 'backup key',
  group: 'Store',
  synopsis: '[--replace] [--yes] [--config FILE]',
  summary: 'make the recovery key that copies of backups are encrypted for, and print it once',
  details:
    'As words, as the text that the program age takes, and as a QR code. The box keeps its public half only: whoever loses the sheet cannot read the copies, and nobody can print it again. --replace makes a new one; copies from before need the old one.',
  options: {
    replace: { type: 'boolean', summary: 'a new one in the place of the one there is' },
    yes: { type: 'boolean', summary: 'do not ask' },
    ...SETTINGS_OPTIONS,
  },
  examples: ['sudo webscada-edge backup key'],
  async run(given, world) {
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const { dir } = loaded.config.store;
    const { readRecipient, writeRecipient } = await import('../ops/backups/away/recipient.ts');
    const before = readRecipient(dir);
    if (before !== undefined && !given.flag('replace'))
      return fail(
        world,
        `there is a key: its public half is ${before}; it was printed when it was made (--replace)`,
      );
    const question = 'The key is shown now and never again. Is paper at hand, and nobody looking?';
    if (!(await confirmed(question, given, world))) return fail(world, 'no key was made: --yes makes it');
    const { makeKey } = await import('../ops/backups/away/seal.ts');
    const { keyToWords } = await import('../ops/backups/away/words.ts');
    const { drawQr } = await import('../ops/qr.ts');
    const { identity, recipient } = await makeKey();
    try {
      writeRecipient(dir, recipient);
    } catch (error) {
      return failWith(world, 'no key was made', error);
    }
    const words = keyToWords(identity);
    world.stdout.write(`recovery key of the backups of ${loaded.config.site.id}\n\n`);
    for (let at = 0; at < words.length; at += WORDS_A_LINE)
      world.stdout.write(`  ${words.slice(at, at + WORDS_A_LINE).join('  ')}\n`);
    world.stdout.write(
      `\n  ${identity}\n\n${drawQr(identity) ?? ''}\n\npublic half, kept by the box: ${recipient}\n`,
    );
    return EXIT.ok;
  },
};

const copies: Verb = {
  name: 'backup copies',
  group: 'Store',
  synopsis: '[--json] [--config FILE]',
  summary: 'name the copies of backups outside the box, newest first',
  options: { json: { type: 'boolean', summary: 'as JSON' }, ...SETTINGS_OPTIONS },
  examples: ['sudo webscada-edge backup copies'],
  async run(given, world) {
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const { placesOf } = await import('../ops/backups/away/copies.ts');
    const { manifestsIn } = await import('../ops/backups/away/send.ts');
    const { awayOf } = await import('../ops/backups/service.ts');
    const found: { place: string; name: string; bytes?: number; problem?: string }[] = [];
    try {
      for (const { place, open } of placesOf(awayOf(loaded.config.backup))) {
        for (const { name, manifest } of await manifestsIn(loaded.config.site.id, await open()))
          found.push({
            ...{ place, name },
            ...(typeof manifest === 'string'
              ? { problem: manifest }
              : { bytes: manifest.objects.reduce((sum, { size }) => sum + size, 0) }),
          });
      }
    } catch (error) {
      return failAway(world, error);
    }
    if (given.flag('json')) world.stdout.write(`${JSON.stringify({ copies: found })}\n`);
    else
      for (const { place, name, bytes, problem } of found)
        world.stdout.write(`${name}  ${problem ?? `${bytes} bytes`}  ${place}\n`);
    return found.length > 0 ? EXIT.ok : fail(world, 'there is no copy');
  },
};

const fetch: Verb = {
  name: 'backup fetch',
  group: 'Store',
  synopsis: '[NAME] --to FOLDER --key-file FILE [--from PLACE] [--config FILE]',
  summary: 'bring a copy of a backup back, decrypted: a folder for backup verify and backup restore',
  details:
    'The newest without NAME. FILE has the recovery key, its words or as age writes it. PLACE is a folder or the address of the bucket, where the settings name several. Every file is compared with what was sent before and after it is decrypted; of a copy that is not whole nothing stays.',
  options: {
    to: { type: 'string', value: 'FOLDER', summary: 'folder to make' },
    'key-file': { type: 'string', value: 'FILE', summary: 'file with the recovery key' },
    from: { type: 'string', value: 'PLACE', summary: 'which place' },
    ...SETTINGS_OPTIONS,
  },
  maxWords: 1,
  examples: ['sudo webscada-edge backup fetch --to /tmp/back --key-file /tmp/key'],
  async run(given, world, [name]) {
    const to = given.text('to');
    const keyFile = given.text('key-file');
    if (to === undefined || keyFile === undefined)
      return fail(world, 'backup fetch wants --to FOLDER and --key-file FILE', EXIT.usage);
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const identity = await identityIn(keyFile, world);
    if (typeof identity === 'number') return identity;
    return bring(loaded, { name, identity: identity.key, to: resolve(to), from: given.text('from') }, world);
  },
};

async function identityIn(file: string, world: CliWorld): Promise<{ readonly key: string } | number> {
  const { keyIn } = await import('../ops/backups/away/words.ts');
  try {
    const key = keyIn(await readFile(file, 'utf8'));
    return key === undefined
      ? fail(world, `${file} has no recovery key: a word of it is missing or mistyped`)
      : { key };
  } catch (error) {
    return failToRead(world, file, error);
  }
}

interface Wanted {
  readonly name: string | undefined;
  readonly identity: string;
  readonly to: string;
  readonly from: string | undefined;
}

async function bring(
  { config }: LoadedConfig,
  { from, ...wanted }: Wanted,
  world: CliWorld,
): Promise<number> {
  const { placesOf } = await import('../ops/backups/away/copies.ts');
  const { bringBack } = await import('../ops/backups/away/bring.ts');
  const { awayOf } = await import('../ops/backups/service.ts');
  const away: AwayPlaces = awayOf(config.backup);
  const places = placesOf(away).filter(({ place }) => from === undefined || place === from);
  const [place] = places;
  if (!place)
    return fail(world, 'the settings name no such place (backup.copy_dir, backup.s3_url)', EXIT.usage);
  const { existsSync } = await import('node:fs');
  if (existsSync(wanted.to))
    return fail(world, `${wanted.to} is there already: name a new folder`, EXIT.usage);
  try {
    const name = await bringBack({ site: config.site.id, ...wanted }, await place.open());
    world.stdout.write(`${name} is in ${wanted.to}: webscada-edge backup restore ${wanted.to}\n`);
    return EXIT.ok;
  } catch (error) {
    return failAway(world, error);
  }
}

async function failAway(world: CliWorld, error: unknown): Promise<number> {
  const { AwayProblem } = await import('../ops/backups/away/vault.ts');
  const code = failWith(world, 'not done', error);
  if (error instanceof AwayProblem) world.stderr.write(`  ${error.hint}\n`);
  return code;
}

export const BACKUP_COPIES_VERBS: readonly Verb[] = [key, copies, fetch];
