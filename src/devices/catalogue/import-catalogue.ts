/** Brings a file into the device catalogue: an archive of a public collection or of some of its vendors, or ChirpStack's profiles. */
import { readFile, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CatalogueOutcome, CatalogueProgress, CatalogueSource } from '../../model/device-catalogue.ts';
import { errorText } from '../../model/error-text.ts';
import { type Told, tell, tellAll, toldOf } from '../../model/said.ts';
import { cut } from '../../model/text.ts';
import { beginCatalogue, type CatalogueDraft } from '../../store/device-catalogue.ts';
import { freeBytesAt } from '../../store/retention/reserve-file.ts';
import { readChirpstack } from './chirpstack-layout.ts';
import {
  type Collection,
  CollectionTooLarge,
  createProblems,
  gatherCollection,
  type Problems,
} from './collection.ts';
import { MAX_TEMPLATE_BYTES, readTemplates } from './template-file.ts';
import { readThings, type VendorFiles } from './things-layout.ts';

/** Beside the reserve: as much as the largest catalogue needs, and the one before it. */
const ROOM_MB = 64;
const ROOM_BYTES = ROOM_MB * 1024 * 1024;
const MAX_MODELS = 20_000;
const MAX_LICENCE_CHARS = 2_000;
/** Models between which it is told how far it is. */
const TELL_MODELS = 100;

export interface ImportTask {
  readonly path: string;
  /** As people called the file. */
  readonly name: string;
  /** Of the store. */
  readonly dir: string;
  readonly reserveBytes: number;
  readonly nowMs: number;
}

type Report = (progress: CatalogueProgress) => void;

/** Never throws for what is in the file. */
export async function importCatalogue(task: ImportTask, report: Report): Promise<CatalogueOutcome> {
  const room = freeBytesAt(task.dir) - task.reserveBytes;
  if (room < ROOM_BYTES)
    return refused(tell('catalogue.noRoom', { free: Math.max(0, Math.floor(room / 1e6)), wanted: ROOM_MB }));
  try {
    const { size } = await stat(task.path);
    if (await isJson(task.path, size)) return await importTemplates(task, report);
    const collection = await gatherCollection(task.path, (done) =>
      report({ step: 'reading', done, of: size }),
    );
    return await importCollection(task, collection, report);
  } catch (error) {
    return refused(whyNot(error));
  }
}

function refused({ detail, said }: Told): CatalogueOutcome {
  return { kind: 'refused', problem: detail, said };
}

function whyNot(error: unknown): Told {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^Z_/.test(code)) return tell('catalogue.damaged', { error: errorText(error) });
  return toldOf(error);
}

async function isJson(path: string, size: number): Promise<boolean> {
  if (size > MAX_TEMPLATE_BYTES) return false;
  return /^\ufeff?\s*[[{]/.test((await readFile(path)).toString('utf8', 0, 256));
}

async function importTemplates(task: ImportTask, report: Report): Promise<CatalogueOutcome> {
  const problems = createProblems();
  const vendors = readTemplates((await readFile(task.path, 'utf8')).replace(/^\ufeff/, ''), problems);
  if ('said' in vendors) return refused(vendors);
  return write(task, { passedOver: 0, licence: undefined, problems }, [['template', vendors]], report);
}

function importCollection(
  task: ImportTask,
  collection: Collection,
  report: Report,
): Promise<CatalogueOutcome> {
  const sources = [
    ['ttn', readThings(collection)],
    ['chirpstack', readChirpstack(collection)],
  ] as const;
  return write(task, collection, sources, report);
}

interface Read {
  readonly passedOver: number;
  readonly licence: string | undefined;
  readonly problems: Problems;
}

type Sources = readonly (readonly [CatalogueSource, Iterable<VendorFiles> | AsyncIterable<VendorFiles>])[];

async function write(
  task: ImportTask,
  read: Read,
  sources: Sources,
  report: Report,
): Promise<CatalogueOutcome> {
  const draft = beginCatalogue(task.dir);
  try {
    const counts = { models: 0, vendors: 0, codecs: 0 };
    for (const [source, vendors] of sources)
      await writeSource(task, read, { source, vendors, draft, counts }, report);
    if (counts.models === 0) {
      draft.drop();
      return refused(nothing(read));
    }
    draft.finish();
    const { passedOver, problems } = read;
    return { kind: 'done', ...counts, passedOver, problems: problems.list, problemCount: problems.count() };
  } catch (error) {
    draft.drop();
    throw error;
  }
}

interface SourceTask {
  readonly source: CatalogueSource;
  readonly vendors: Iterable<VendorFiles> | AsyncIterable<VendorFiles>;
  readonly draft: CatalogueDraft;
  readonly counts: { models: number; vendors: number; codecs: number };
}

async function writeSource(
  { name, nowMs }: ImportTask,
  { licence }: Read,
  { source, vendors, draft, counts }: SourceTask,
  report: Report,
): Promise<void> {
  const before = counts.models;
  let told = counts.models;
  for await (const { vendor, models, codecs } of vendors) {
    counts.models += models.length;
    counts.vendors += 1;
    counts.codecs += codecs.length;
    if (counts.models > MAX_MODELS)
      throw new CollectionTooLarge(tell('catalogue.manyModels', { limit: MAX_MODELS }));
    draft.put({ source, vendor, models, codecs });
    if (counts.models - told < TELL_MODELS) continue;
    told = counts.models;
    report({ step: 'sorting', done: counts.models });
    await nextTurn();
  }
  if (counts.models === before) return;
  const text = licence === undefined ? {} : { licence: cut(licence.trim(), MAX_LICENCE_CHARS) };
  draft.noteImport({ source, file: name, importedMs: nowMs, models: counts.models - before, ...text });
}

function nothing({ problems }: Read): Told {
  const [first] = problems.list;
  if (!first) return tell('catalogue.noModels');
  const { path, problem, said } = first;
  const of = tell('catalogue.firstOf', { count: problems.count(), path });
  return tellAll([tell('catalogue.noModels'), of, { detail: problem, said }]);
}
