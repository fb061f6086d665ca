/**
 * What people note down about the site, by kind and name, as JSON. Few rows, held in memory since the live view asks each second,
 * written at once, each with a checksum.
 */
import { crc32 } from 'node:zlib';
import type { DocumentKind, DocumentKinds } from '../../model/site-document.ts';
import { wellFormedValue } from '../../model/text.ts';
import type { Documents } from '../contract.ts';
import type { Sqlite } from '../sqlite.ts';

/** [kind, name, crc, body] */
export type DocumentRow = readonly [kind: string, name: string, crc: number, body: string];

export const SELECT_DOCUMENTS = 'SELECT kind, name, crc, body FROM documents';

/** Inserts or replaces a row in `db`. */
export function prepareDocumentRow(db: Sqlite): (row: DocumentRow) => void {
  const put = db.prepare('INSERT OR REPLACE INTO documents (kind, name, crc, body) VALUES (?, ?, ?, ?)');
  return (row) => void put.run(...row);
}

export function createDocuments(db: Sqlite): Documents {
  const put = prepareDocumentRow(db);
  const drop = db.prepare('DELETE FROM documents WHERE kind = ? AND name = ?');
  const byKind = new Map<string, Map<string, unknown>>();
  const of = (kind: string): Map<string, unknown> => {
    const known = byKind.get(kind) ?? new Map<string, unknown>();
    byKind.set(kind, known);
    return known;
  };
  for (const row of db.prepare(SELECT_DOCUMENTS).raw().all() as unknown[][]) {
    const document = readDocumentRow(row);
    if (document) of(document[0]).set(document[1], JSON.parse(document[3]));
  }
  return {
    all: <Kind extends DocumentKind>(kind: Kind) =>
      of(kind) as ReadonlyMap<string, unknown> as ReadonlyMap<string, DocumentKinds[Kind]>,
    put(kind, name, given) {
      const value = wellFormedValue(given);
      const body = JSON.stringify(value);
      put([kind, name, checkOf(kind, name, body), body]);
      of(kind).set(name, value);
    },
    remove(kind, name) {
      of(kind).delete(name);
      return drop.run(kind, name).changes > 0;
    },
  };
}

/** The row; undefined unless it is as it was written. */
export function readDocumentRow([kind, name, crc, body]: readonly unknown[]): DocumentRow | undefined {
  if (typeof kind !== 'string' || typeof name !== 'string' || typeof body !== 'string') return undefined;
  return crc === checkOf(kind, name, body) ? [kind, name, crc as number, body] : undefined;
}

function checkOf(kind: string, name: string, body: string): number {
  return crc32(`${kind}\0${name}\0${body}`);
}
