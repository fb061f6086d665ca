/**
 * What a service without rights to its own program asks of root, and what root answers. The request lies beside the file in a folder
 * the service may write, so it is read as what a stranger wrote; the report lies in root's folder, where only root writes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSaid, type Said } from '../../model/said.ts';
import type { Layout } from '../install/layout.ts';
import { NAME } from '../install/layout.ts';

/** Names in the folder of the service. */
export const SPOOL = { request: 'request.json', file: NAME, signature: `${NAME}.sig` } as const;
/** The largest executable. */
export const MAX_PROGRAM_BYTES = 512 * 1024 ** 2;

export interface UpdateRequest {
  readonly id: string;
  readonly version: string;
  /** Where the box answers on this machine. */
  readonly at: { readonly scheme: 'http' | 'https'; readonly host: string; readonly port: number };
}

export const REPORT_STATES = ['taken', 'done', 'refused', 'taken_back'] as const;

export interface UpdateReport {
  readonly id: string;
  readonly version: string;
  readonly state: (typeof REPORT_STATES)[number];
  /** Of a refusal: one word that stays. */
  readonly code?: string;
  readonly reason?: string;
  /** The reason piece by piece, for whoever says it in another language. */
  readonly said?: readonly Said[];
  /** Epoch milliseconds. */
  readonly atMs: number;
}

export function spoolOf({ data }: Layout): string {
  return join(data, 'update');
}

export function reportFile({ versions }: Layout): string {
  return join(versions, 'requested.json');
}

const WORD = /^[\w.+:-]{1,100}$/;

/** undefined for what is none. */
export function parseRequest(text: string): UpdateRequest | undefined {
  const { id, version, at } = objectIn(text);
  const { scheme, host, port } = objectOf(at);
  if (!isWord(id) || !isWord(version) || !isWord(host)) return undefined;
  if (scheme !== 'http' && scheme !== 'https') return undefined;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return { id, version, at: { scheme, host, port } };
}

function parseReport(text: string): UpdateReport | undefined {
  const { id, version, state, code, reason, said, atMs } = objectIn(text);
  const known = REPORT_STATES.find((one) => one === state);
  if (!isWord(id) || !isWord(version) || !known || typeof atMs !== 'number') return undefined;
  return {
    ...{ id, version, state: known, atMs },
    ...(isWord(code) ? { code } : {}),
    ...(typeof reason === 'string' ? { reason: reason.slice(0, 2_000) } : {}),
    ...(isSaid(said) ? { said } : {}),
  };
}

/** undefined where there is none. */
export function readReport(file: string): UpdateReport | undefined {
  try {
    return parseReport(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && WORD.test(value);
}

function objectIn(text: string): Record<string, unknown> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
