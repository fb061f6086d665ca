/**
 * Files brought to the box by a page, in pieces, so that a slow line or a broken one costs a piece and not the file. Written
 * to the disk as they come, one of each kind at a time; the room is looked at first, and what is not finished is removed: when
 * nothing has come for a while, when another takes its place, at the next start.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createUntar } from '../files/tar.ts';
import type { Upload, UploadKind } from '../model/care.ts';
import { type Told, ToldError, tell, toldOf } from '../model/said.ts';
import type { Part, World } from '../model/world.ts';
import { freeBytesAt } from '../store/retention/reserve-file.ts';

const IDLE_MS = 15 * 60_000;
/** The largest executable, a store with room to grow, a public collection with its pictures. */
const MAX_BYTES: Readonly<Record<UploadKind, number>> = {
  update: 512 * 1024 ** 2,
  backup: 64 * 1024 ** 3,
  catalogue: 2 * 1024 ** 3,
};

export type Taken =
  | { readonly kind: 'taken'; readonly upload: Upload }
  /** The pieces do not follow on each other: go on behind `upload.received`. */
  | { readonly kind: 'elsewhere'; readonly upload: Upload }
  | { readonly kind: 'refused'; readonly problem: Told }
  | { readonly kind: 'unknown' };

export interface Uploads extends Part {
  /** Or why not. One of the same kind is dropped. */
  begin(kind: UploadKind, name: string, size: number): Promise<Upload | Told>;
  take(id: string, offset: number, bytes: Uint8Array): Promise<Taken>;
  find(id: string): Upload | undefined;
  /** False when there is none of that id. */
  drop(id: string): Promise<boolean>;
  /** Where a whole one lies: a folder with the files of a backup, or the file of an update. */
  whole(id: string): { readonly path: string; readonly name: string } | undefined;
}

export interface UploadsOptions {
  /** A folder of its own. */
  readonly dir: string;
  /** Left free on its disk. */
  readonly reserveBytes: number;
  readonly world: World;
  readonly freeBytes?: (folder: string) => number;
}

/** Where the bytes of an upload go. */
interface Target {
  take(bytes: Uint8Array): Promise<void>;
  /** Throws when what came is not whole. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

interface Running {
  readonly upload: Upload;
  received: number;
  readonly path: string;
  readonly target: Target;
  /** Pieces are written one after the other. */
  last: Promise<unknown>;
  cancelIdle: () => void;
}

export function createUploads({
  dir,
  reserveBytes,
  world,
  freeBytes = freeBytesAt,
}: UploadsOptions): Uploads {
  const running = new Map<string, Running>();
  const clear = (): void => rmSync(dir, { recursive: true, force: true });

  async function drop(id: string): Promise<boolean> {
    const one = running.get(id);
    if (!one) return false;
    running.delete(id);
    one.cancelIdle();
    await one.last.catch(() => {});
    await one.target.close().catch(() => {});
    rmSync(one.path, { recursive: true, force: true });
    return true;
  }

  function touch(one: Running): void {
    one.cancelIdle();
    one.cancelIdle = world.clock.after(IDLE_MS, () => void drop(one.upload.id));
  }

  async function write(one: Running, offset: number, bytes: Uint8Array): Promise<Taken> {
    const now = (): Upload => ({ ...one.upload, received: one.received });
    if (!running.has(one.upload.id)) return { kind: 'unknown' };
    if (offset !== one.received) return { kind: 'elsewhere', upload: now() };
    try {
      if (one.received + bytes.length > one.upload.size) throw new ToldError(tell('upload.more'));
      await one.target.take(bytes);
      one.received += bytes.length;
      if (one.received === one.upload.size) await one.target.finish();
    } catch (error) {
      void drop(one.upload.id);
      return { kind: 'refused', problem: toldOf(error) };
    }
    touch(one);
    return { kind: 'taken', upload: now() };
  }

  return {
    async start() {
      clear();
    },
    async stop() {
      await Promise.all([...running.keys()].map(drop));
    },
    async begin(kind, name, size) {
      if (size > MAX_BYTES[kind]) return tell('upload.tooLarge', { size: megabytes(size) });
      await Promise.all(
        [...running.values()].filter((one) => one.upload.kind === kind).map((one) => drop(one.upload.id)),
      );
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      const room = freeBytes(dir) - reserveBytes;
      if (room < size)
        return tell('upload.noRoom', { size: megabytes(size), free: megabytes(Math.max(0, room)) });
      const path = join(dir, kind);
      rmSync(path, { recursive: true, force: true });
      const target = kind === 'backup' ? folderTarget(path) : await fileTarget(path);
      const upload = { id: randomUUID(), kind, name, size, received: 0 };
      const one: Running = { upload, received: 0, path, target, last: Promise.resolve(), cancelIdle() {} };
      running.set(upload.id, one);
      touch(one);
      return upload;
    },
    take(id, offset, bytes) {
      const one = running.get(id);
      if (!one) return Promise.resolve({ kind: 'unknown' });
      const taken = one.last.then(() => write(one, offset, bytes));
      one.last = taken;
      return taken;
    },
    find(id) {
      const one = running.get(id);
      return one && { ...one.upload, received: one.received };
    },
    drop,
    whole(id) {
      const one = running.get(id);
      if (!one || one.received < one.upload.size) return undefined;
      return { path: one.path, name: one.upload.name };
    },
  };
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}

async function fileTarget(path: string): Promise<Target> {
  const file = await open(path, 'wx', 0o600);
  return {
    take: async (bytes) => void (await file.writeFile(bytes)),
    async finish() {
      await file.sync();
      await file.close();
    },
    close: () => file.close(),
  };
}

/** An archive, taken apart as it comes: there is no room for it twice. */
function folderTarget(path: string): Target {
  const archive = createUntar();
  let file: FileHandle | undefined;
  mkdirSync(path, { mode: 0o700 });
  return {
    async take(bytes) {
      for (const one of archive.take(bytes)) {
        if (one.kind === 'file') file = await open(join(path, one.name), 'wx', 0o600);
        else if (one.kind === 'bytes') await file?.writeFile(one.bytes);
        else {
          await file?.sync();
          await file?.close();
          file = undefined;
        }
      }
    },
    async finish() {
      if (archive.isOpen()) throw new ToldError(tell('upload.cut'));
    },
    close: async () => file?.close(),
  };
}
