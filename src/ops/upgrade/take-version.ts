/** A version the centre names: found beside the store where it was brought, or fetched, checked, and asked for. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toldOf } from '../../model/said.ts';
import { type Fetched, type FetchOptions, fetchRelease } from './fetch-release.ts';
import type { UpdateOrders } from './order.ts';
import { SPOOL } from './request.ts';
import { compareVersions, digestFile, readSmallFile, verifyFile } from './signature.ts';
import type { UpdateTurn } from './turn.ts';

export interface TakeVersionOptions {
  readonly orders: UpdateOrders;
  /** Where files are brought to, and fetched to. */
  readonly folder: string;
  readonly keys: string;
  /** That runs. */
  readonly version: string;
  /** Where to fetch from; undefined: nowhere. */
  readonly url: string | undefined;
  readonly room: FetchOptions['room'];
  readonly world: FetchOptions['world'];
  readonly turn: UpdateTurn;
}

export interface Refusal {
  readonly code: string;
  readonly reason: string;
}

/** What a command may ask of the program. */
export interface VersionService {
  /** That runs. */
  readonly version: string;
  /** Asks for it; the refusal says why not, and then nothing was asked for. */
  take(id: string, version: string, signal: AbortSignal): Promise<Refusal | undefined>;
  /** How it ended, undefined while it is under way. */
  ended(id: string): 'done' | Refusal | undefined;
}

/** Held for so long at a time while it is under way: whoever follows it asks twice a second. */
const TURN_MS = 30_000;

const REPORT_CODES = { refused: 'not_accepted', taken_back: 'taken_back' } as const;

export function createVersionService(options: TakeVersionOptions): VersionService {
  const { orders, turn, version: running } = options;
  return {
    version: running,
    async take(id, version, signal) {
      if (!orders.canOrder())
        return {
          code: 'no_unit',
          reason:
            'the program of this box cannot be exchanged from here: with systemd `webscada-edge install --updates-by-page on` allows it, a container takes another image',
        };
      if (compareVersions(version, running) < 0)
        return {
          code: 'older',
          reason: `${version} is older than ${running}, which may have changed the store`,
        };
      if (!turn.hold(id, Number.POSITIVE_INFINITY))
        return { code: 'busy', reason: 'another update is under way' };
      let isAsked = false;
      try {
        const found = await findFile(version, signal, options);
        if (!found.ok) return found;
        const objection = await orders.order(id, version);
        isAsked = objection === undefined;
        return isAsked ? undefined : { code: 'not_asked', reason: objection?.detail ?? '' };
      } finally {
        if (isAsked) turn.hold(id, TURN_MS);
        else turn.release(id);
      }
    },
    ended(id) {
      const report = orders.report(id);
      const isOver = report !== undefined && (report === 'not_taken' || report.state !== 'taken');
      if (isOver) turn.release(id);
      else turn.hold(id, TURN_MS);
      if (report === undefined) return undefined;
      if (report === 'not_taken')
        return {
          code: 'not_taken',
          reason: 'nobody carried it out: see systemctl status webscada-edge-upgrade.path',
        };
      const { state, code, reason = '' } = report;
      if (state === 'taken') return undefined;
      return state === 'done' ? 'done' : { code: code ?? REPORT_CODES[state], reason };
    },
  };
}

/** The one that was brought, where it is that version; else fetched. */
async function findFile(version: string, signal: AbortSignal, options: TakeVersionOptions): Promise<Fetched> {
  const { folder, keys, url, room, world } = options;
  const file = join(folder, SPOOL.file);
  const brought = await checkBrought(file, join(folder, SPOOL.signature), keys);
  if (brought?.ok && brought.statement.version === version) return brought;
  if (url !== undefined) return fetchRelease({ ...{ url, version, folder, keys, room, world, signal } });
  const here = !brought
    ? 'no file was brought'
    : brought.ok
      ? `the file that was brought is ${brought.statement.version}`
      : `the file that was brought is refused: ${brought.reason.detail}`;
  const code = brought && !brought.ok ? 'bad_signature' : 'not_fetched';
  return { ok: false, code, reason: `${here}, and updates.url is not set` };
}

async function checkBrought(file: string, signature: string, keys: string) {
  if (!existsSync(file) || !existsSync(signature)) return undefined;
  try {
    return verifyFile(await readSmallFile(signature), await digestFile(file), keys);
  } catch (error) {
    return { ok: false, reason: toldOf(error) } as const;
  }
}
