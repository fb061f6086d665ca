/** The verbs that take carried exports at the centre: import, and the keys of the sites. */
import { createPublicKey } from 'node:crypto';
import { isSiteName } from '../sync/keys.ts';
import { type OpenCentre, withCentre } from './centre-redis.ts';
import { CENTRE_OPTIONS } from './centre-settings.ts';
import { fail, failToRead } from './fail.ts';
import { EXIT, type Verb } from './verb.ts';

const GROUP = 'Centre';
const MAX_FILES = 1_000;

const importVerb: Verb = {
  name: 'import',
  group: GROUP,
  synopsis: 'FILE...',
  summary: "bring files that `export` wrote at sites into the sites' streams at the centre",
  details:
    'A file is checked whole, against the key registered for its site, before anything of it is used. Its records get the same IDs as by the line, only forward: what is there already is left alone, so a file may be imported again. Exit code 0: all files are in; 1: one was refused, and it is said why; the others are imported all the same.',
  options: { ...CENTRE_OPTIONS },
  maxWords: MAX_FILES,
  examples: ['webscada-edge import /media/stick/*.wse'],
  async run(given, world, files) {
    if (files.length === 0) return fail(world, 'which FILE?', EXIT.usage);
    return withCentre(given, world, async (centre) => {
      let code: number = EXIT.ok;
      for (const file of files) code = Math.max(code, await importFile(centre, file));
      return code;
    });
  },
};

const importKeyVerb: Verb = {
  name: 'import key',
  group: GROUP,
  synopsis: 'SITE KEY',
  summary: "register the key a site signs its exports with, as the site's `export key` shows it",
  details: 'Compare the fingerprint with the one the site shows. A site that was rebuilt has another key.',
  options: { ...CENTRE_OPTIONS },
  maxWords: 2,
  examples: ['webscada-edge import key north-hill MCowBQYDK2VwAyEA…'],
  async run(given, world, [site = '', key = '']) {
    if (!isSiteName(site)) return fail(world, 'SITE is the id of a site', EXIT.usage);
    if (!isEd25519(key))
      return fail(world, "KEY is not a key as the site's `export key` shows it", EXIT.usage);
    const { fingerprintOf } = await import('../sync/carry/export-key.ts');
    return withCentre(given, world, async ({ client, config }) => {
      const { registerKey } = await import('../sync/carry/register.ts');
      const before = await registerKey(client, config.streamPrefix, site, key);
      const replaced = before !== undefined && before !== key ? `, instead of ${fingerprintOf(before)}` : '';
      world.stdout.write(`${site}: key ${fingerprintOf(key)} is registered${replaced}\n`);
      return EXIT.ok;
    });
  },
};

export const IMPORT_VERBS: readonly Verb[] = [importVerb, importKeyVerb];

function isEd25519(key: string): boolean {
  try {
    const der = Buffer.from(key, 'base64');
    return createPublicKey({ key: der, format: 'der', type: 'spki' }).asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}

const FAULTS = {
  no_export: 'is no export of a site',
  cut_short: 'was cut short: the end is missing; copy it again, or export it again',
  damaged: 'is damaged: it is not what was signed; copy it again, or export it again',
  signed_by_another: 'was signed with another key than the one registered for its site',
  bad_key:
    'cannot be checked: what is registered for its site is no key; register it again with `import key`',
  bad_record: 'holds something that is no record',
} as const;

async function importFile(centre: OpenCentre, file: string): Promise<number> {
  const { client, config, world, clock } = centre;
  const { BadCarriedRecord, openCarried, readCarriedHeader } = await import('../sync/carry/read-carried.ts');
  const { isUnderOldName, noteImport, registeredKey } = await import('../sync/carry/register.ts');
  const { importCarried } = await import('../sync/carry/import-carried.ts');
  const { createRedisCentre } = await import('../sync/site/redis-centre.ts');
  const { LIMITS } = await import('../sync/site/limits.ts');
  try {
    const header = await readCarriedHeader(file);
    if (!header) return fail(world, `${file} ${FAULTS.no_export}`);
    const key = await registeredKey(client, config.streamPrefix, header.site);
    if (key === undefined)
      return fail(
        world,
        `${file}: no key is registered for ${header.site}: see \`export key\` there and \`import key\` here`,
      );
    const carried = await openCarried(file, key);
    if ('fault' in carried) return fail(world, `${file} ${FAULTS[carried.fault]}`);
    if (await isUnderOldName(client, config.streamPrefix, header.site)) {
      const hint = 'let the box connect once with a version of today, which moves it, and import then';
      return fail(world, `${file}: the stream of ${header.site} still has its old name; ${hint}`);
    }
    const outcome = await importCarried(createRedisCentre(client, header.site, config, LIMITS), carried);
    if (outcome.outcome === 'refused')
      return fail(world, `${file} was not imported: ${outcome.detail}; ${outcome.hint}`);
    const { landed } = outcome;
    if (landed > 0) await noteImport(client, config.streamPrefix, carried, { landed, nowMs: clock.nowMs() });
    if (outcome.outcome === 'stopped')
      return fail(
        world,
        `${file}: ${landed} records are in, then the centre refused: ${outcome.detail}; import it again`,
        EXIT.temporary,
      );
    const there = carried.seal.records - landed;
    world.stdout.write(
      `${file}: ${header.site}, ${landed} records imported, ${there} were there already; the stream is at ${outcome.last.epoch}-${outcome.last.seq}\n`,
    );
    return EXIT.ok;
  } catch (error) {
    if (error instanceof BadCarriedRecord)
      return fail(world, `${file} ${FAULTS.bad_record}: ${error.message}`);
    if (error instanceof Error && 'syscall' in error) return failToRead(world, file, error);
    throw error;
  }
}
