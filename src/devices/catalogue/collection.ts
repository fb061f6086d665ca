/**
 * The texts of a collection of device makers' files, gathered out of an archive: those of the two public layouts and nothing
 * else, each compressed in memory, so that the order they come in does not matter. Every measure of it is bounded.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readTarTree } from '../../files/tar-tree.ts';
import type { CatalogueProblem, CatalogueSource } from '../../model/device-catalogue.ts';
import { type Told, ToldError, tell } from '../../model/said.ts';
import { createPackedTexts, type PackedTexts } from './packed-texts.ts';

/** The Things Network's whole repository has pictures of some hundred megabytes and about 15 000 files. */
const MAX_ENTRIES = 200_000;
const MAX_UNPACKED_BYTES = 4 * 1024 ** 3;
/** Of texts that are kept; as they come, and compressed. */
const MAX_TEXTS = 40_000;
const MAX_TEXT_BYTES = 192 * 1024 ** 2;
const MAX_HELD_BYTES = 48 * 1024 ** 2;
/** Of one text; the script engine takes no longer script. */
export const MAX_FILE_BYTES = 256 * 1024;
const MAX_LICENCE_BYTES = 32 * 1024;
const MAX_PROBLEMS = 100;
const TELL_BYTES = 4 * 1024 * 1024;

export interface Collection {
  /** Vendors of a layout, sorted. */
  vendors(source: CollectionSource): string[];
  /** Names of a vendor's files, sorted: 'lht65.yaml', 'devices/example.toml'. */
  files(source: CollectionSource, vendor: string): string[];
  text(source: CollectionSource, vendor: string, file: string): string | undefined;
  /** The list of all vendors, in the layout that has one. */
  readonly index: string | undefined;
  readonly licence: string | undefined;
  readonly passedOver: number;
  readonly problems: Problems;
}

export type CollectionSource = Exclude<CatalogueSource, 'template'>;

export interface Problems {
  readonly list: readonly CatalogueProblem[];
  count(): number;
  add(path: string, why: Told): void;
}

export function createProblems(): Problems {
  const list: CatalogueProblem[] = [];
  let count = 0;
  return {
    list,
    count: () => count,
    add(path, { detail, said }) {
      count += 1;
      if (list.length < MAX_PROBLEMS) list.push({ path, problem: detail, said });
    },
  };
}

/** A text that is too much of something; the words say what to do. */
export class CollectionTooLarge extends ToldError {
  override readonly name = 'CollectionTooLarge';
}

/** Where in which layout a file of an archive belongs; undefined for one that is of no use here. */
export interface FilePlace {
  readonly source: CollectionSource;
  /** '' for the list of all vendors. */
  readonly vendor: string;
  readonly file: string;
}

const WORD = '[A-Za-z0-9][A-Za-z0-9._-]{0,79}';
const VENDOR = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}';
/** With the folder of the layout in front, or, of a part of it, the vendor's alone. */
const THINGS = new RegExp(`^(?:.*/)?vendor/(${VENDOR})/(${WORD}\\.(?:yaml|js))$`);
const THINGS_PART = new RegExp(`^(${VENDOR})/(${WORD}\\.(?:yaml|js))$`);
const CHIRPSTACK_FILE = `vendor\\.toml|(?:devices|profiles)/${WORD}\\.toml|codecs/${WORD}\\.(?:js|json)`;
const CHIRPSTACK = new RegExp(`^(?:.*/)?vendors/(${VENDOR})/(${CHIRPSTACK_FILE})$`);
const CHIRPSTACK_PART = new RegExp(`^(${VENDOR})/(${CHIRPSTACK_FILE})$`);

export function placeOf(path: string): FilePlace | undefined {
  if (/(?:^|\/)vendor\/index\.yaml$/.test(path)) return { source: 'ttn', vendor: '', file: 'index.yaml' };
  for (const [source, pattern] of [
    ['ttn', THINGS],
    ['chirpstack', CHIRPSTACK],
    ['ttn', THINGS_PART],
    ['chirpstack', CHIRPSTACK_PART],
  ] as const) {
    const [, vendor, file] = pattern.exec(path) ?? [];
    // Made-up ones that show how it is done.
    if (vendor !== undefined && file !== undefined)
      return /^example/.test(vendor) ? undefined : { source, vendor: vendor.toLowerCase(), file };
  }
  return undefined;
}

function isLicence(path: string): boolean {
  return /^(?:[^/]+\/)?LICEN[CS]E(?:\.(?:md|txt))?$/i.test(path);
}

/** Reads the archive at `path`, packed by gzip or not. Throws what node:fs, zlib and the reader of archives throw. */
export async function gatherCollection(
  path: string,
  progress: (readBytes: number) => void,
): Promise<Collection> {
  const problems = createProblems();
  const texts = createPackedTexts(MAX_FILE_BYTES);
  let licence: string | undefined;
  const archive = await openArchive(path, progress);
  const tree = readTarTree(
    archive,
    (name, size) =>
      isLicence(name) ? size <= MAX_LICENCE_BYTES : placeOf(name) !== undefined && size <= MAX_FILE_BYTES,
    { maxEntries: MAX_ENTRIES, maxBytes: MAX_UNPACKED_BYTES },
  );
  for await (const { path: name, size, bytes } of tree.files) {
    const place = placeOf(name);
    if (bytes && isLicence(name)) licence ??= bytes.toString('utf8');
    else if (place && bytes) keep(texts, place, bytes);
    else if (place)
      problems.add(
        name,
        tell('catalogue.large', { kilobytes: Math.ceil(size / 1024), limit: MAX_FILE_BYTES / 1024 }),
      );
  }
  return viewOf(texts, { licence, passedOver: tree.passedOver(), problems });
}

/** Names in one of the layouts' files do not always keep to the case of the other files. */
function keyOf({ source, vendor, file }: FilePlace): string {
  return `${source}/${vendor}/${file}`.toLowerCase();
}

function keep(texts: PackedTexts, place: FilePlace, bytes: Buffer): void {
  texts.put(keyOf(place), bytes);
  if (texts.count > MAX_TEXTS || texts.bytes > MAX_TEXT_BYTES || texts.heldBytes > MAX_HELD_BYTES)
    throw new CollectionTooLarge(
      tell('catalogue.manyTexts', { files: MAX_TEXTS, megabytes: MAX_TEXT_BYTES / 1024 ** 2 }),
    );
}

function viewOf(
  texts: PackedTexts,
  rest: Pick<Collection, 'licence' | 'passedOver' | 'problems'>,
): Collection {
  const tree = new Map<string, Map<string, string[]>>();
  for (const key of texts.keys()) {
    const [source = '', vendor = '', ...file] = key.split('/');
    if (vendor === '') continue;
    const vendors = tree.get(source) ?? new Map<string, string[]>();
    tree.set(source, vendors);
    const files = vendors.get(vendor) ?? [];
    vendors.set(vendor, files);
    files.push(file.join('/'));
  }
  const text = (place: FilePlace): string | undefined => texts.get(keyOf(place));
  return {
    ...rest,
    vendors: (source) => [...(tree.get(source)?.keys() ?? [])].sort(),
    files: (source, vendor) => (tree.get(source)?.get(vendor) ?? []).sort(),
    text: (source, vendor, file) => text({ source, vendor, file }),
    index: text({ source: 'ttn', vendor: '', file: 'index.yaml' }),
  };
}

async function openArchive(
  path: string,
  progress: (readBytes: number) => void,
): Promise<AsyncIterable<Uint8Array>> {
  const isPacked = await startsAsGzip(path);
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  let told = 0;
  file.on('data', () => {
    if (file.bytesRead - told < TELL_BYTES) return;
    told = file.bytesRead;
    progress(told);
  });
  // The reader of the stream is told what went wrong.
  return isPacked ? pipeline(file, createGunzip({ chunkSize: 256 * 1024 }), () => {}) : file;
}

async function startsAsGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
