/** The audit trail of a running box: entries into their chain, and from there into the log, by which the centre hears of them. */
import type { AuditCheck, AuditDeed, AuditEntry, AuditLine } from '../model/audit.ts';
import { errorText } from '../model/error-text.ts';
import type { SettingsState } from '../model/settings.ts';
import type { Part, World } from '../model/world.ts';
import type { Store } from '../store/contract.ts';
import { openAudit } from '../store/tables/audit.ts';

/** Entries put into the log at once. */
const PIECE = 100;

export interface AuditTrail extends Part {
  note(deed: AuditDeed): void;
  list(beforeSeq: number, limit: number): AuditEntry[];
  lines(afterSeq: number, limit: number): AuditLine[];
  check(): Promise<AuditCheck>;
  /** Resolves when what was noted before is on disk. */
  synced(): Promise<void>;
}

export interface AuditTrailOptions {
  /** Folder of the store. */
  readonly dir: string;
  readonly store: Pick<Store, 'commit'>;
  readonly world: World;
  /** Settings that were on trial and were not kept. */
  readonly reverted?: SettingsState['reverted'] | undefined;
}

/** Opens the trail; throws StoreError when it cannot be used. */
export function createAuditTrail({ dir, store, world, reverted }: AuditTrailOptions): AuditTrail {
  const { clock, logger } = world;
  const { audit, synced, close } = openAudit(dir, {
    byHand: {},
    onDamaged: (setAside) =>
      logger.error('audit.damaged', {
        setAside,
        hint: 'a new trail begins; what was is in the log and at the centre',
      }),
  });
  let telling: Promise<void> | undefined;
  let isClosed = false;

  /** Into the log, in order; a crash in between tells an entry twice, which its number shows. */
  async function tell(): Promise<void> {
    while (!isClosed) {
      const lines = audit.lines(audit.told(), PIECE);
      const last = lines.at(-1);
      if (!last) return;
      const records = lines.map(({ body, timeMs, hash }) => ({
        kind: 'system' as const,
        timeMs,
        device: null,
        body: { event: 'audit', ...(JSON.parse(body) as AuditDeed), hash },
      }));
      await store.commit({ records });
      if (!isClosed) audit.setTold(last.seq);
    }
  }

  function tellSoon(): void {
    telling ??= tell()
      .catch((error: unknown) => logger.error('audit.not_in_log', { error: errorText(error) }))
      .finally(() => {
        telling = undefined;
      });
  }

  function note(deed: AuditDeed): void {
    try {
      audit.append(deed, clock.nowMs());
      tellSoon();
    } catch (error) {
      // It has been done, and is not undone for want of an entry.
      logger.error('audit.not_stored', { ...deed, error: errorText(error) });
    }
  }

  return {
    note,
    list: audit.list,
    lines: audit.lines,
    check: audit.check,
    synced,
    async start() {
      if (reverted) note({ who: 'box', from: '', what: 'revertSettings', detail: { why: reverted.why } });
      tellSoon();
    },
    async stop() {
      await telling;
      if (isClosed) return;
      isClosed = true;
      close();
    },
  };
}
