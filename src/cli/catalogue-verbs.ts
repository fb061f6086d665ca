/**
 * The verbs about the device catalogue: fill it from a file or a stick, look for models. They work on the file in the store's
 * folder, beside the running box, which takes the new one up by itself.
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { CatalogueModel, CatalogueOutcome, ListedModel } from '../model/device-catalogue.ts';
import type { DeviceCatalogue } from '../store/device-catalogue.ts';
import { fail, failToRead } from './fail.ts';
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { type CliWorld, EXIT, type Given, type Verb } from './verb.ts';

const GROUP = 'Devices';
const MAX_LISTED = 200;
const OPTIONS = { json: { type: 'boolean', summary: 'as JSON' }, ...SETTINGS_OPTIONS } as const;

const catalogueImport: Verb = {
  name: 'catalogue import',
  group: GROUP,
  synopsis: 'FILE [--json]',
  summary: 'bring makers and models into the device catalogue of the box',
  details:
    "FILE is a tar archive, packed by gzip or not, of The Things Network's lorawan-devices or of ChirpStack's chirpstack-device-profiles, or of the folders of some vendors of one; or a JSON file of ChirpStack's device profiles. Nothing is downloaded. Vendors that are in the file take the place of what was known of them from the same collection. Run it as root or as the user of the service. Exit code 3: some of its files could not be read.",
  options: OPTIONS,
  maxWords: 1,
  examples: [
    'sudo webscada-edge catalogue import /media/stick/lorawan-devices.tar.gz',
    'webscada-edge catalogue import milesight.tar.gz --set store.dir=./data',
  ],
  async run(given, world, [file]) {
    if (file === undefined) return fail(world, 'say which file', EXIT.usage);
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const { dir, reserveBytes } = loaded.config.store;
    try {
      await stat(file);
    } catch (error) {
      return failToRead(world, file, error);
    }
    const [{ importInThread }, { createWorld }, { giveToOwner }] = await Promise.all([
      import('../devices/catalogue/import-thread.ts'),
      import('../ops/world.ts'),
      import('../files/folder-owner.ts'),
    ]);
    const silent = (): void => {};
    const { clock } = createWorld({ debug: silent, info: silent, warn: silent, error: silent });
    const isShown = world.stderr.isTTY === true;
    const task = { path: file, name: basename(file), dir, reserveBytes, nowMs: clock.nowMs() };
    const thread = importInThread(task, clock, ({ step, done, of }) => {
      if (!isShown) return;
      const how = of === undefined ? `${done} models` : `${Math.floor((100 * done) / of)} % read`;
      world.stderr.write(`\r${step === 'reading' ? how : how.padEnd(12)}`);
    });
    const outcome = await thread.outcome;
    if (isShown) world.stderr.write('\r');
    giveToOwner(dir);
    if (given.flag('json')) world.stdout.write(`${JSON.stringify(outcome)}\n`);
    return tell(outcome, file, given, world);
  },
};

function tell(outcome: CatalogueOutcome, file: string, given: Given, world: CliWorld): number {
  if (outcome.kind === 'refused') return fail(world, `${file} was not taken: ${outcome.problem}`);
  const { models, vendors, codecs, passedOver, problems, problemCount } = outcome;
  if (!given.flag('json')) world.stdout.write(`${models} models of ${vendors} vendors, ${codecs} codecs\n`);
  for (const { path, problem } of problems) world.stderr.write(`${path}: ${problem}\n`);
  if (problemCount > problems.length) world.stderr.write(`… and ${problemCount - problems.length} more\n`);
  if (passedOver > 0)
    world.stderr.write(`${passedOver} links or paths out of the archive were passed over\n`);
  return problemCount > 0 ? EXIT.degraded : EXIT.ok;
}

const catalogueList: Verb = {
  name: 'catalogue list',
  group: GROUP,
  synopsis: '[WORD]... [--json]',
  summary: 'list models of the device catalogue whose maker, name or description have all WORDs',
  details: `At most ${MAX_LISTED} of them, the closest first.`,
  options: OPTIONS,
  maxWords: 8,
  examples: ['webscada-edge catalogue list milesight em300'],
  run: (given, world, words) =>
    withCatalogue(given, world, (catalogue) => {
      const { items, total } = catalogue.search({ words: words.join(' '), limit: MAX_LISTED });
      for (const model of items)
        world.stdout.write(`${given.flag('json') ? JSON.stringify(model) : lineOf(model)}\n`);
      if (total > items.length) world.stderr.write(`… and ${total - items.length} more: say more words\n`);
      if (total === 0) world.stderr.write('no model fits\n');
      return EXIT.ok;
    }),
};

function lineOf({ source, vendor, model, vendorName, name, regions, hasCodec }: ListedModel): string {
  const codec = hasCodec ? '' : ', no codec';
  return `${source}/${vendor}/${model}  ${vendorName} ${name}  (${regions.join(' ') || 'no region of ours'}${codec})`;
}

const catalogueShow: Verb = {
  name: 'catalogue show',
  group: GROUP,
  synopsis: 'MODEL [--json]',
  summary: 'show a model of the device catalogue: regions, firmware, radio, codec, licence',
  details: 'MODEL is as `catalogue list` has it in front. --json shows the scripts as well.',
  options: OPTIONS,
  maxWords: 1,
  examples: ['webscada-edge catalogue show ttn/dragino/lht65'],
  async run(given, world, [words]) {
    const [, source, vendor = '', model = ''] =
      /^(ttn|chirpstack|template)\/([^/]+)\/([^/]+)$/.exec(words ?? '') ?? [];
    if (source !== 'ttn' && source !== 'chirpstack' && source !== 'template')
      return fail(world, 'MODEL is SOURCE/VENDOR/MODEL, as `catalogue list` has it in front', EXIT.usage);
    return withCatalogue(given, world, (catalogue) => {
      const found = catalogue.model({ source, vendor, model });
      if (!found) return fail(world, `${words} is not in the catalogue`);
      if (given.flag('json')) showJson(catalogue, found, world);
      else show(catalogue, found, world);
      return EXIT.ok;
    });
  },
};

function codecNames({ variants }: CatalogueModel): string[] {
  return [...new Set(variants.flatMap(({ codec }) => codec ?? []))];
}

function showJson(catalogue: DeviceCatalogue, model: CatalogueModel, { stdout }: CliWorld): void {
  const codecs = codecNames(model).map((name) => ({ name, ...catalogue.codec(model, name) }));
  stdout.write(
    `${JSON.stringify({ ...model, codecs, licence: catalogue.licence(model.source) }, null, 2)}\n`,
  );
}

function show(catalogue: DeviceCatalogue, model: CatalogueModel, { stdout }: CliWorld): void {
  const { vendorName, name, description, variants, source } = model;
  stdout.write(`${vendorName} ${name}\n${description === undefined ? '' : `${description}\n`}`);
  for (const one of variants) {
    const parts = [
      one.region,
      ...(one.firmware === undefined ? [] : [`firmware ${one.firmware}`]),
      `LoRaWAN ${one.declaredMac ?? '?'}${one.regionalParameters === undefined ? '' : ` ${one.regionalParameters}`}`,
      `class ${one.deviceClass}`,
      one.supportsJoin ? 'joins' : 'personalised',
      one.codec === undefined ? 'no codec' : `codec ${one.codec}`,
    ];
    stdout.write(`  ${parts.join(', ')}\n`);
  }
  if (variants.length === 0) stdout.write('  for regions only that are not answered here\n');
  const licence = catalogue.licence(source)?.split('\n').slice(0, 3).join(' ').trim();
  if (licence) stdout.write(`Licence of the collection: ${licence}\n`);
}

async function withCatalogue(
  given: Given,
  world: CliWorld,
  use: (catalogue: DeviceCatalogue) => number,
): Promise<number> {
  const loaded = await loadSettings(given, world);
  if (typeof loaded === 'number') return loaded;
  const { openDeviceCatalogue } = await import('../store/device-catalogue.ts');
  const catalogue = openDeviceCatalogue(loaded.config.store.dir);
  try {
    if (catalogue.summary()) return use(catalogue);
    return fail(
      world,
      'there is no device catalogue on this box: webscada-edge catalogue import FILE brings one',
    );
  } finally {
    catalogue.close();
  }
}

export const CATALOGUE_VERBS: readonly Verb[] = [catalogueImport, catalogueList, catalogueShow];
