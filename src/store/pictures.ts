/**
 * Pictures people put on the box: a device as it hangs there, a floor plan. Each is a file of its own in the store's folder,
 * not in the log's database: nothing waits for a large one, and nothing is rewritten when it goes. What it is, its bytes say.
 */
import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFileBeside } from '../files/replace-file.ts';
import { type PictureRefusal, type PictureType, readPicture } from '../model/picture.ts';

/** What pictures are of; 'device' and 'gateway' go by EUI, the others by names. */
export const PICTURE_KINDS = ['device', 'gateway', 'plan', 'sheet'] as const;
export type PictureKind = (typeof PICTURE_KINDS)[number];

export const MAX_PICTURE_BYTES = 2 * 1024 * 1024;
const MAX_PICTURES_BYTES = 64 * 1024 * 1024;
const MAX_PICTURES = 1_000;
const FILE = /^picture\.([a-z]+)\.([a-z0-9-]{1,64})$/;

export interface PictureInfo {
  readonly kind: PictureKind;
  readonly of: string;
  readonly bytes: number;
  readonly changedMs: number;
}

export interface Picture {
  readonly type: PictureType;
  readonly body: Buffer<ArrayBuffer>;
}

export interface Pictures {
  list(): Promise<PictureInfo[]>;
  get(kind: PictureKind, of: string): Promise<Picture | undefined>;
  /** On disk once resolved; why not otherwise. Rejects when the disk refuses. */
  put(
    kind: PictureKind,
    of: string,
    body: Uint8Array,
  ): Promise<PictureRefusal | 'full' | 'disk_full' | undefined>;
  /** Whether there was one. */
  remove(kind: PictureKind, of: string): Promise<boolean>;
}

/** Whether `name` can name a picture. */
export function isPictureName(name: string): boolean {
  return /^[a-z0-9-]{1,64}$/.test(name);
}

/** Whether a file of the store's folder, or of a backup, is a picture. */
export function isPictureFile(name: string): boolean {
  return FILE.test(name);
}

/** The paths of all pictures in the folder of a store, in one order always. */
export function pictureFiles(dir: string): string[] {
  const names = existsSync(dir) ? readdirSync(dir).filter(isPictureFile) : [];
  return names.sort().map((name) => join(dir, name));
}

/** The pictures in the folder of a store. */
export function openPictures(dir: string): Pictures {
  const pathOf = (kind: PictureKind, of: string): string => {
    if (!isPictureName(of)) throw new RangeError(`'${of}' names no picture`);
    return join(dir, `picture.${kind}.${of}`);
  };
  const list = async (): Promise<PictureInfo[]> => {
    const found = await Promise.all((await readdir(dir)).map((name) => infoOf(dir, name)));
    return found.filter((one) => one !== undefined);
  };
  return {
    list,
    async get(kind, of) {
      const file = pathOf(kind, of);
      const body = await ifThere(() => readFile(file));
      if (!body) return undefined;
      const known = readPicture(body);
      return typeof known === 'string' ? undefined : { type: known.type, body };
    },
    async put(kind, of, body) {
      const read = readPicture(body);
      if (typeof read === 'string') return read;
      const others = (await list()).filter((one) => one.kind !== kind || one.of !== of);
      const bytes = others.reduce((sum, one) => sum + one.bytes, body.length);
      if (others.length >= MAX_PICTURES || bytes > MAX_PICTURES_BYTES) return 'full';
      try {
        await replaceFileBeside(pathOf(kind, of), body, () => true);
        return undefined;
      } catch (error) {
        if (hasCode(error, 'ENOSPC')) return 'disk_full';
        throw error;
      }
    },
    async remove(kind, of) {
      const gone = await ifThere(() => rm(pathOf(kind, of)).then(() => true));
      return gone ?? false;
    },
  };
}

async function infoOf(dir: string, name: string): Promise<PictureInfo | undefined> {
  const [, kind, of = ''] = FILE.exec(name) ?? [];
  const known = PICTURE_KINDS.find((one) => one === kind);
  const found = known === undefined ? undefined : await ifThere(() => stat(join(dir, name)));
  return known && found?.isFile()
    ? { kind: known, of, bytes: found.size, changedMs: Math.round(found.mtimeMs) }
    : undefined;
}

/** Undefined where the file is not there, or no more. */
async function ifThere<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
