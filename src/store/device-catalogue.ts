/**
 * The device catalogue in the store's folder: a database of its own, which nothing else needs and a new import makes again. It
 * is written beside the one that is there and takes its place by one rename, so that readers have the old one or the new one.
 * Models and scripts are kept compressed: all of the public collections are some megabytes.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { draftOf, removeAbandonedDrafts } from '../files/draft.ts';
import { syncFolder } from '../files/sync-folder.ts';
import type {
  CatalogueCodec,
  CatalogueImport,
  CatalogueModel,
  CatalogueSource,
  CatalogueSummary,
  CatalogueVendor,
  DownlinkExample,
  ListedModel,
  ModelKey,
  ModelSearch,
} from '../model/device-catalogue.ts';
import { openReadOnly, openSqlite, type Sqlite } from './sqlite.ts';

const FILE = 'device-catalogue.db';
const VERSION = 1;
const TABLES = `
  CREATE TABLE vendors (source TEXT, vendor TEXT, name TEXT, number INTEGER, PRIMARY KEY (source, vendor)) WITHOUT ROWID;
  CREATE TABLE models (
    source TEXT, vendor TEXT, model TEXT, names TEXT, words TEXT, listed TEXT, body BLOB, PRIMARY KEY (source, vendor, model)
  );
  CREATE TABLE numbers (vendor_number INTEGER, profile INTEGER, source TEXT, vendor TEXT, model TEXT,
    PRIMARY KEY (vendor_number, profile, source, vendor, model)) WITHOUT ROWID;
  CREATE TABLE codecs (source TEXT, vendor TEXT, name TEXT, body BLOB, PRIMARY KEY (source, vendor, name));
  CREATE TABLE imports (source TEXT PRIMARY KEY, body TEXT);
`;
/** Of one model or script, unpacked. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface VendorModels {
  readonly source: CatalogueSource;
  readonly vendor: CatalogueVendor;
  readonly models: readonly CatalogueModel[];
  readonly codecs: readonly CatalogueCodec[];
}

/** A catalogue that is being made from the one that is there; nobody sees it before `finish`. */
export interface CatalogueDraft {
  /** Puts a vendor in the place of what is known of it from the same source. */
  put(vendor: VendorModels): void;
  noteImport(done: CatalogueImport): void;
  /** On disk and in its place. */
  finish(): void;
  /** Nothing was. Also after `finish`, when it does nothing. */
  drop(): void;
}

export function beginCatalogue(dir: string): CatalogueDraft {
  const file = join(dir, FILE);
  removeAbandonedDrafts(file);
  const draft = draftOf(file);
  if (existsSync(file) && isOurs(file)) copyFileSync(file, draft);
  const db = openSqlite(draft);
  // It is synced once, as a whole.
  db.pragma('journal_mode = DELETE');
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  if (db.pragma('user_version', { simple: true }) === 0) {
    db.exec(TABLES);
    db.pragma(`user_version = ${VERSION}`);
  }
  db.exec('BEGIN');
  const put = prepareVendor(db);
  const note = db.prepare('INSERT OR REPLACE INTO imports VALUES (?, ?)');
  return {
    put,
    noteImport: (done) => void note.run(done.source, JSON.stringify(done)),
    finish() {
      db.exec('COMMIT; VACUUM');
      db.close();
      syncFile(draft);
      renameSync(draft, file);
      syncFolder(dir);
    },
    drop() {
      db.close();
      removeFile(draft);
    },
  };
}

function isOurs(file: string): boolean {
  try {
    const db = openReadOnly(file);
    try {
      return (
        db.pragma('user_version', { simple: true }) === VERSION &&
        db.pragma('quick_check', { simple: true }) === 'ok'
      );
    } finally {
      db.close();
    }
  } catch {
    return false;
  }
}

function prepareVendor(db: Sqlite): (given: VendorModels) => void {
  const clear = ['vendors', 'models', 'numbers', 'codecs'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE source = ? AND vendor = ?`),
  );
  const putVendor = db.prepare('INSERT INTO vendors VALUES (?, ?, ?, ?)');
  const putModel = db.prepare('INSERT OR REPLACE INTO models VALUES (?, ?, ?, ?, ?, ?, ?)');
  const putNumber = db.prepare('INSERT OR IGNORE INTO numbers VALUES (?, ?, ?, ?, ?)');
  const putCodec = db.prepare('INSERT OR REPLACE INTO codecs VALUES (?, ?, ?, ?)');
  return ({ source, vendor, models, codecs }) => {
    for (const statement of clear) statement.run(source, vendor.id);
    putVendor.run(source, vendor.id, vendor.name, vendor.number ?? null);
    for (const model of models) {
      const names = `${vendor.name} ${vendor.id} ${model.name} ${model.model}`.toLowerCase();
      const words = `${names} ${model.description ?? ''}`.toLowerCase();
      putModel.run(
        source,
        vendor.id,
        model.model,
        names,
        words,
        JSON.stringify(listedOf(model)),
        pack(model),
      );
      if (vendor.number === undefined) continue;
      for (const { profileId = 0 } of model.variants)
        putNumber.run(vendor.number, profileId, source, vendor.id, model.model);
    }
    for (const codec of codecs) putCodec.run(source, vendor.id, codec.name, pack(codec));
  };
}

function listedOf({
  source,
  vendor,
  model,
  vendorName,
  name,
  description,
  variants,
}: CatalogueModel): ListedModel {
  return {
    ...{ source, vendor, model, vendorName, name },
    ...(description === undefined ? {} : { description }),
    regions: [...new Set(variants.map(({ region }) => region))],
    hasCodec: variants.some(({ codec }) => codec !== undefined),
  };
}

function pack(value: object): Buffer {
  return deflateRawSync(JSON.stringify(value));
}

export interface CodecOfCatalogue {
  readonly source: string;
  readonly examples: readonly DownlinkExample[];
}

/** The catalogue as it is read; every function looks first whether another one has taken its place. */
export interface DeviceCatalogue {
  /** Undefined where there is none. */
  summary(): CatalogueSummary | undefined;
  /** Those that fit, the closest first, and how many there are. */
  search(wanted: ModelSearch): { readonly items: readonly ListedModel[]; readonly total: number };
  model(key: ModelKey): CatalogueModel | undefined;
  codec(of: Pick<ModelKey, 'source' | 'vendor'>, name: string): CodecOfCatalogue | undefined;
  licence(source: CatalogueSource): string | undefined;
  /** Removes all of it. */
  remove(): boolean;
  close(): void;
}

export function openDeviceCatalogue(dir: string): DeviceCatalogue {
  const file = join(dir, FILE);
  let open: { readonly db: Sqlite; readonly mark: string } | undefined;
  const close = (): void => {
    open?.db.close();
    open = undefined;
  };
  /** The database that is there now; undefined where there is none, or one that cannot be read. */
  const current = (): Sqlite | undefined => {
    const found = statSync(file, { throwIfNoEntry: false });
    const mark = found ? `${found.ino} ${found.mtimeMs} ${found.size}` : '';
    if (open?.mark === mark) return open.db;
    close();
    if (!found || !isOurs(file)) return undefined;
    open = { db: openReadOnly(file), mark };
    return open.db;
  };
  return {
    summary() {
      const db = current();
      return db && summaryOf(db, statSync(file).size);
    },
    search(wanted) {
      const db = current();
      return db ? search(db, wanted) : { items: [], total: 0 };
    },
    model({ source, vendor, model }) {
      const sql = 'SELECT body FROM models WHERE source = ? AND vendor = ? AND model = ?';
      return unpack<CatalogueModel>(current()?.prepare(sql).pluck().get(source, vendor, model));
    },
    codec({ source, vendor }, name) {
      const sql = 'SELECT body FROM codecs WHERE source = ? AND vendor = ? AND name = ?';
      return unpack<CodecOfCatalogue>(current()?.prepare(sql).pluck().get(source, vendor, name));
    },
    licence: (source) => current() && importsOf(current())?.find((one) => one.source === source)?.licence,
    remove() {
      close();
      const wasThere = existsSync(file);
      removeFile(file);
      return wasThere;
    },
    close,
  };
}

function importsOf(db: Sqlite | undefined): CatalogueImport[] {
  const rows = db?.prepare('SELECT body FROM imports ORDER BY source').pluck().all() ?? [];
  return rows.map((body) => JSON.parse(String(body)) as CatalogueImport);
}

function summaryOf(db: Sqlite, bytes: number): CatalogueSummary {
  const count = (table: string): number =>
    db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  return {
    ...{ models: count('models'), vendors: count('vendors'), codecs: count('codecs'), bytes },
    imports: importsOf(db),
  };
}

/** Every word has to be there; those that have all of them in their names come first. */
function search(
  db: Sqlite,
  { words = '', vendorNumber, profileId, limit }: ModelSearch,
): { readonly items: readonly ListedModel[]; readonly total: number } {
  const list = words.toLowerCase().trim().split(/\s+/).filter(Boolean).slice(0, 8);
  const all = (column: string): string => list.map(() => `instr(${column}, ?) > 0`).join(' AND ') || '1 = 1';
  const coded =
    vendorNumber === undefined
      ? '1 = 1'
      : `(source, vendor, model) IN (SELECT source, vendor, model FROM numbers WHERE vendor_number = ?${
          profileId === undefined ? '' : ' AND profile = ?'
        })`;
  const code = [vendorNumber, profileId].filter((one) => one !== undefined);
  const where = `WHERE ${all('words')} AND ${coded}`;
  const total = db
    .prepare(`SELECT count(*) FROM models ${where}`)
    .pluck()
    .get(...list, ...code) as number;
  const rows = db
    .prepare(
      `SELECT listed FROM models ${where} ORDER BY (${all('names')}) DESC, vendor, model, source LIMIT ?`,
    )
    .pluck()
    .all(...list, ...code, ...list, limit);
  return { items: rows.map((row) => JSON.parse(String(row)) as ListedModel), total };
}

function unpack<T>(body: unknown): T | undefined {
  if (!(body instanceof Uint8Array)) return undefined;
  return JSON.parse(inflateRawSync(body, { maxOutputLength: MAX_BODY_BYTES }).toString('utf8')) as T;
}

function removeFile(file: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(file + end, { force: true });
}

function syncFile(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
