/**
 * The files of the pages, read on first use from the folder the build made and kept in memory (they are few and small).
 * Paths are looked up among the names in the folder, never joined from what a client sent.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** A file of the pages. */
export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** Quoted, strong. */
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** Serves the files of `folder`; '/' is index.html. A folder that is not there has no files. */
export function folderAssets(folder: string): (path: string) => Asset | undefined {
  let files: Map<string, Asset | undefined> | undefined;
  return (path) => {
    files ??= new Map(names(folder).map((name) => [`/${name}`, undefined]));
    const wanted = path === '/' ? '/index.html' : path;
    if (!files.has(wanted)) return undefined;
    const asset = files.get(wanted) ?? load(join(folder, wanted.slice(1)));
    files.set(wanted, asset);
    return asset;
  };
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => extname(name) in TYPES);
  } catch {
    return [];
  }
}

function load(file: string): Asset {
  const body = readFileSync(file);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, contentType: TYPES[extname(file)] ?? 'application/octet-stream', etag };
}
