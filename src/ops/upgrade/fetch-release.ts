/**
 * A release fetched from an address the operator has set: the signature first, which says how large the file is and what it must be,
 * then the file, piece by piece, going on where a line broke. Bounded in bytes and in time; no redirect leads elsewhere.
 */
import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../files/replace-file.ts';
import { backoffMs } from '../../model/backoff.ts';
import { errorText } from '../../model/error-text.ts';
import type { World } from '../../model/world.ts';
import { MAX_PROGRAM_BYTES, SPOOL } from './request.ts';
import { digestFile, type Statement, verifyFile, verifyStatement } from './signature.ts';

const MAX_SIGNATURE = 64 * 1024;
/** A line that brings nothing for so long is a broken one. */
const IDLE_MS = 60_000;
const LONGEST_MS = 2 * 3_600_000;
const RETRY = { minMs: 1_000, maxMs: 60_000 };
const PART = 'part-';

export interface FetchOptions {
  /** Of a folder with the files of releases. */
  readonly url: string;
  readonly version: string;
  /** Where it is put, under the names root looks for. */
  readonly folder: string;
  readonly keys: string;
  /** Bytes it may take. */
  readonly room: () => number;
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly signal: AbortSignal;
  readonly fetch?: typeof globalThis.fetch;
}

export type Fetched =
  | { readonly ok: true; readonly statement: Statement }
  | {
      readonly ok: false;
      readonly code: 'bad_signature' | 'bad_file' | 'no_room' | 'not_fetched';
      readonly reason: string;
    };

interface Fetching extends FetchOptions {
  /** Monotonic. */
  readonly endMs: number;
}

/** What was begun stays, and is gone on with the next time. Never rejects. */
export async function fetchRelease(given: FetchOptions): Promise<Fetched> {
  const { version, folder, keys, room, world } = given;
  const options: Fetching = { ...given, endMs: world.clock.monotonicMs() + LONGEST_MS };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const address = `${options.url.replace(/\/+$/, '')}/webscada-edge-${version}-linux-${process.arch}`;
    const signature = await textAt(`${address}.sig`, options);
    const signed = verifyStatement(signature, keys);
    if (!signed.ok) return refuse('bad_signature', signed.reason.detail);
    const { statement } = signed;
    if (statement.version !== version || statement.arch !== process.arch)
      return refuse('bad_file', `what lies there is ${statement.version} for linux-${statement.arch}`);
    if (statement.size > MAX_PROGRAM_BYTES) return refuse('bad_file', 'it is too large to be one');
    const part = join(folder, `${PART}${statement.sha256.slice(0, 16)}`);
    removeOthers(folder, part);
    const missing = statement.size - sizeOf(part);
    if (room() < missing) return refuse('no_room', `it has ${missing} bytes, and there is no room for them`);
    await fetchWhole(address, part, statement.size, options);
    const checked = verifyFile(signature, await digestFile(part), keys);
    if (!checked.ok) {
      rmSync(part, { force: true });
      return refuse('bad_signature', checked.reason.detail);
    }
    renameSync(part, join(folder, SPOOL.file));
    replaceFile(join(folder, SPOOL.signature), signature);
    return { ok: true, statement };
  } catch (error) {
    return refuse('not_fetched', errorText(error));
  }
}

/** Tries again until it is whole, or the time is over. */
async function fetchWhole(address: string, part: string, size: number, options: Fetching): Promise<void> {
  const { clock, random } = options.world;
  const { endMs } = options;
  for (let attempt = 0; sizeOf(part) < size; attempt++) {
    const before = sizeOf(part);
    try {
      await fetchRest(address, part, size, options);
    } catch (error) {
      if (sizeOf(part) > before) attempt = 0;
      if (options.signal.aborted || clock.monotonicMs() >= endMs || isFinal(error) || attempt >= 10)
        throw error;
      await new Promise<void>((resolve) => void clock.after(backoffMs(attempt, RETRY, random), resolve));
    }
  }
}

async function fetchRest(address: string, part: string, size: number, options: Fetching): Promise<void> {
  const have = sizeOf(part);
  const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
  for await (const piece of piecesOf(address, headers, options, (response) => {
    if (response.status === 200) rmSync(part, { force: true });
    else if (!response.headers.get('content-range')?.startsWith(`bytes ${have}-`))
      throw new Refused(`${address} does not give the rest of the file`);
  })) {
    if (sizeOf(part) + piece.length > size) {
      rmSync(part, { force: true });
      throw new Refused(`${address} gives more than the ${size} bytes that were signed`);
    }
    appendFileSync(part, piece, { mode: 0o600 });
  }
}

async function textAt(address: string, options: Fetching): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of piecesOf(address, {}, options)) {
    bytes += piece.length;
    if (bytes > MAX_SIGNATURE) throw new Refused(`${address} is too large to be a signature`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** The body, a piece at a time; each has its own time to come. */
async function* piecesOf(
  address: string,
  headers: Record<string, string>,
  { world: { clock }, signal, endMs, fetch = globalThis.fetch }: Fetching,
  look: (response: Response) => void = () => {},
): AsyncGenerator<Uint8Array> {
  const aborter = new AbortController();
  const abort = (): void => aborter.abort(new Error(`${address} brings nothing any more`));
  const onStop = (): void => aborter.abort(new Error('the box stops'));
  signal.addEventListener('abort', onStop, { once: true });
  let cancel = clock.after(IDLE_MS, abort);
  try {
    const response = await fetch(address, { headers, redirect: 'error', signal: aborter.signal });
    if (response.status !== 200 && response.status !== 206) {
      const what = `${address} answers ${response.status}`;
      throw response.status >= 500 ? new Error(what) : new Refused(what);
    }
    look(response);
    for await (const piece of response.body ?? []) {
      cancel();
      // One that gives a byte a minute never breaks off.
      if (clock.monotonicMs() >= endMs) throw new Error(`${address} is too slow`);
      cancel = clock.after(IDLE_MS, abort);
      yield piece;
    }
  } finally {
    cancel();
    signal.removeEventListener('abort', onStop);
  }
}

/** Trying again would give the same. */
class Refused extends Error {
  override readonly name = 'Refused';
}

function isFinal(error: unknown): boolean {
  return error instanceof Refused;
}

function removeOthers(folder: string, part: string): void {
  for (const name of readdirSync(folder))
    if (name.startsWith(PART) && join(folder, name) !== part) rmSync(join(folder, name), { force: true });
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function refuse(code: Extract<Fetched, { ok: false }>['code'], reason: string): Fetched {
  return { ok: false, code, reason };
}
