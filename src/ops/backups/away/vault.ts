/** Where copies of backups go that leave the box: a bucket, or a folder on another medium. Objects by name, written whole or not at all. */

import type { Said, ToldTrouble } from '../../../model/said.ts';

export interface StoredObject {
  readonly size: number;
  /** Hex, as the other side says it; undefined where it does not say. */
  readonly sha256?: string;
}

export interface SealedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

export interface Vault {
  /** For people. */
  readonly name: string;
  put(key: string, file: SealedFile): Promise<void>;
  /** undefined where there is none. */
  look(key: string): Promise<StoredObject | undefined>;
  /** Bytes `from` to `to`, both counted in; fewer where it is shorter. */
  read(key: string, from: number, to: number): Promise<Uint8Array>;
  /** All of it into a new file. */
  fetch(key: string, to: string, maxBytes: number): Promise<void>;
  list(prefix: string): Promise<string[]>;
  remove(key: string): Promise<void>;
}

/** One that pages tell. */
export function awayProblem({ detail, hint, said }: ToldTrouble): AwayProblem {
  return new AwayProblem(detail, hint, said);
}

/** Why a copy could not be made or fetched, in words, and what to do. */
export class AwayProblem extends Error {
  override readonly name = 'AwayProblem';
  readonly hint: string;
  /** For pages; empty for what the command line alone says. */
  readonly said: readonly Said[];
  constructor(message: string, hint: string, said: readonly Said[] = []) {
    super(message);
    this.hint = hint;
    this.said = said;
  }
}
