/**
 * The service asks for an update: the checked file lies in its folder, a request beside it, and root, or a process of our own in a plain
 * installation, carries it out and reports. Nothing is asked for before a backup is made, where the box makes backups.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../files/replace-file.ts';
import type { UpdatePlace } from '../../model/care.ts';
import { type Told, tell } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import { layoutOf } from '../install/layout.ts';
import { readReport, reportFile, SPOOL, type UpdateReport, type UpdateRequest } from './request.ts';

/** Root's unit begins after seconds. */
const NOT_TAKEN_MS = 120_000;

export interface OrderOptions {
  readonly place: UpdatePlace;
  /** The folder of the file. */
  readonly folder: string;
  readonly clock: Clock;
  /** Where the box answers on this machine. */
  readonly url: () => string;
  /** Makes a backup; a text says why it could not. */
  readonly backUp: () => Promise<string | undefined>;
  /** Starts the carrying out in a plain installation, as a process that outlives this one. */
  readonly launch: (words: readonly string[]) => void;
  readonly pidFile: string;
}

export interface UpdateOrders {
  /** Whether anybody would carry one out. */
  canOrder(): boolean;
  /** Or why not; then nothing was asked for. */
  order(id: string, version: string): Promise<Told | undefined>;
  /** The last word about it, or that it is under way; 'not_taken' where nobody has begun with it for minutes since it was asked for, or was first asked about in this life. */
  report(id: string): UpdateReport | 'not_taken' | undefined;
}

export function createUpdateOrders(options: OrderOptions): UpdateOrders {
  const { place, folder, clock } = options;
  const request = join(folder, SPOOL.request);
  const report = reportFile(layoutOf(place.kind === 'plain' ? place.prefix : '/'));
  /** By id, by the monotonic clock: the one on the wall is set. */
  let waited: { readonly id: string; readonly sinceMs: number } | undefined;
  const canOrder = (): boolean =>
    place.kind === 'plain' || (place.kind === 'system' && place.byRequest === true);
  return {
    canOrder,
    async order(id, version) {
      if (!canOrder()) return tell('update.notHere');
      const objection = await options.backUp();
      if (objection !== undefined) return tell('update.noBackup', { problem: objection });
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      replaceFile(request, JSON.stringify({ id, version, at: addressOf(options.url()) }));
      if (place.kind === 'plain') {
        const words = ['upgrade', '--requested', '--prefix', place.prefix, '--spool', folder];
        options.launch([...words, '--pid-file', options.pidFile]);
      }
      waited = { id, sinceMs: clock.monotonicMs() };
      return undefined;
    },
    report(id) {
      const said = readReport(report);
      if (said?.id === id) return said;
      if (waited?.id !== id) waited = { id, sinceMs: clock.monotonicMs() };
      if (clock.monotonicMs() - waited.sinceMs < NOT_TAKEN_MS) return undefined;
      // Nobody shall begin with what was answered.
      if (existsSync(request)) rmSync(request, { force: true });
      return 'not_taken';
    },
  };
}

function addressOf(url: string): UpdateRequest['at'] {
  const { protocol, hostname, port } = new URL(url);
  const scheme = protocol === 'https:' ? 'https' : 'http';
  const host = hostname.replace(/^\[|\]$/g, '');
  return { scheme, host, port: port === '' ? (scheme === 'https' ? 443 : 80) : Number(port) };
}
