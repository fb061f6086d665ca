/**
 * What a site tells of itself in the hash of all sites: where its log and its deliveries stand, how it is, when it was last
 * there. Told at each connection, then at most every half minute when something changed, and every minute.
 */
import type { KeyFigures } from '../../model/key-figures.ts';
import type { ApplianceStatus, PartStatus } from '../../model/status.ts';
import type { Cursor } from '../../store/contract.ts';
import { siteKeys, sitesKey } from '../keys.ts';
import type { Client } from './client.ts';
import { CentreFault } from './fault.ts';
import type { SyncStore } from './resume.ts';

/** How this box is, of which the sync knows nothing. */
export interface BoxState {
  readonly version: string;
  readonly health: 'ok' | 'degraded' | 'down';
  /** Where it is not ok. */
  readonly why?: string;
  readonly figures?: KeyFigures;
}

/** The value in the hash, JSON. */
export interface SiteReport extends BoxState {
  readonly v: 1;
  readonly epoch: number;
  readonly storeId: string;
  readonly lastSeq: number;
  readonly sentSeq: number;
  /** Time of the oldest record that is not at the centre, epoch milliseconds. */
  readonly oldestUnsentMs?: number;
  /** By the site's own clock, epoch milliseconds. */
  readonly lastSeenMs: number;
}

/** The worst of the parts that are not the line to the centre itself. */
export function boxStateOf({
  version,
  broker,
  influx,
  store,
  time,
  backup,
  notify,
}: ApplianceStatus): BoxState {
  const parts: Readonly<Record<string, PartStatus | undefined>> = {
    store,
    broker,
    influx,
    time,
    backup,
    notify,
  };
  for (const health of ['down', 'degraded'] as const) {
    const found = Object.entries(parts).find(([, part]) => part?.state === health);
    if (found) return { version, health, why: `${found[0]}: ${found[1]?.detail ?? ''}` };
  }
  return { version, health: 'ok' };
}

const CHANGED_AFTER_MS = 30_000;
const SAME_AFTER_MS = 60_000;
const MAX_WHY = 200;
const TWO_BOXES: readonly string[] = ['SITE_ID_CONFLICT', 'CONFLICT'];

export interface Reporter {
  /** Tells if it is time. Rejects with a CentreFault; one about rights is swallowed, the records are what counts. */
  tell(): Promise<void>;
  /** For whatever ended the connection, which it throws: two boxes of one site are told of by the one that stands back. */
  standBack(fault: unknown): Promise<never>;
}

export interface ReporterContext {
  readonly client: Client;
  readonly prefix: string;
  readonly site: string;
  readonly store: SyncStore;
  readonly cursor: Cursor;
  readonly box: () => BoxState;
  readonly nowMs: () => number;
  /** Told once a connection when the centre does not take reports. */
  readonly onRefused: (fault: CentreFault) => void;
}

/** Of one connection. */
export function createReporter(context: ReporterContext): Reporter {
  let toldMs = Number.NEGATIVE_INFINITY;
  let told = '';
  let isRefused = false;
  return {
    async tell() {
      const nowMs = context.nowMs();
      // A clock that was set back must not silence the site.
      const sinceMs = nowMs < toldMs ? SAME_AFTER_MS : nowMs - toldMs;
      if (isRefused || sinceMs < CHANGED_AFTER_MS) return;
      const { figures, ...report } = reportOf(context);
      // The free bytes of a disk change all the time: that is no news.
      const content = JSON.stringify(report);
      if (content === told && sinceMs < SAME_AFTER_MS) return;
      try {
        const value = JSON.stringify({ ...report, ...(figures ? { figures } : {}), lastSeenMs: nowMs });
        await context.client.call('HSET', sitesKey(context.prefix), context.site, value);
      } catch (error) {
        if (!(error instanceof CentreFault) || !['NOPERM', 'MOVED'].includes(error.code)) throw error;
        isRefused = true;
        context.onRefused(error);
      }
      toldMs = nowMs;
      told = content;
    },
    async standBack(fault) {
      if (fault instanceof CentreFault && TWO_BOXES.includes(fault.code))
        await tellOther(context).catch(() => {});
      throw fault;
    },
  };
}

async function tellOther({ client, prefix, site, store, nowMs }: ReporterContext): Promise<void> {
  await client.call('HSET', siteKeys(prefix, site).others, store.storeId(), nowMs());
}

function reportOf({ store, cursor, box }: ReporterContext): Omit<SiteReport, 'lastSeenMs'> {
  const { version, health, why, figures } = box();
  const { seq, pending } = cursor.state();
  const oldest = pending > 0 ? store.log.timeAfter(seq) : undefined;
  return {
    v: 1,
    version,
    epoch: store.epoch(),
    storeId: store.storeId(),
    lastSeq: store.log.lastSeq(),
    sentSeq: seq,
    ...(oldest === undefined ? {} : { oldestUnsentMs: oldest }),
    health,
    ...(why === undefined ? {} : { why: why.slice(0, MAX_WHY) }),
    ...(figures === undefined ? {} : { figures }),
  };
}
