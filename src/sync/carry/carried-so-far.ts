/** What a site has exported onto sticks so far: `export --since-last` goes on there. Beside the key, `export-last.json`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../files/replace-file.ts';

export interface CarriedSoFar {
  readonly storeId: string;
  readonly epoch: number;
  /** The last record of the last export. */
  readonly seq: number;
  readonly file: string;
  readonly madeMs: number;
}

/** undefined where there was none, or where what is written there cannot be understood: then everything is exported again. */
export function carriedSoFar(dir: string): CarriedSoFar | undefined {
  try {
    const found = JSON.parse(readFileSync(fileIn(dir), 'utf8')) as Partial<CarriedSoFar>;
    const { storeId, epoch, seq, file, madeMs } = found;
    if (typeof storeId !== 'string' || typeof file !== 'string') return undefined;
    if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(seq)) return undefined;
    return { storeId, epoch: epoch as number, seq: seq as number, file, madeMs: Number(madeMs) };
  } catch {
    return undefined;
  }
}

/** Throws as node:fs does. */
export function noteCarried(dir: string, carried: CarriedSoFar): void {
  replaceFile(fileIn(dir), `${JSON.stringify(carried)}\n`);
}

/** Whether an export of `range` joins on to `before`: then `--since-last` may go on behind it without leaving records out. */
export function goesOn(
  before: CarriedSoFar | undefined,
  store: { readonly storeId: string; readonly epoch: number; readonly firstSeq: number },
  range: { readonly first: number; readonly last: number },
): boolean {
  const isOurs = before?.storeId === store.storeId && before.epoch === store.epoch;
  const after = isOurs ? before.seq : 0;
  return range.last > after && range.first <= Math.max(after + 1, store.firstSeq);
}

function fileIn(dir: string): string {
  return join(dir, 'export-last.json');
}
