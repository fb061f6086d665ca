/** What the sync says of itself: state, words and the cursor's numbers. A change of state is logged once. */
import type { SinkStatus, State } from '../model/status.ts';
import type { World } from '../model/world.ts';
import type { Cursor, Log } from '../store/contract.ts';
import type { CentreFault } from './fault.ts';

export interface SinkState {
  status(): SinkStatus;
  isOk(): boolean;
  /** An attempt begins; said only if nothing worse or better is known yet. */
  connecting(): void;
  ok(detail: string): void;
  failed(fault: CentreFault): void;
}

export function createSinkState(world: World, log: Log, cursor: Cursor, configured: boolean): SinkState {
  let state: State = configured ? 'connecting' : 'not_configured';
  let code = '';
  let detail = configured ? 'not yet connected to the centre' : 'no centre is set; the log keeps everything';
  let hint: string | undefined;
  let sinceMs = world.clock.nowMs();

  function become(next: State, nextCode: string, nextDetail: string, nextHint?: string): boolean {
    const changed = next !== state || nextCode !== code;
    if (changed) sinceMs = world.clock.nowMs();
    state = next;
    code = nextCode;
    detail = nextDetail;
    hint = nextHint;
    return changed;
  }

  return {
    status() {
      const { seq, accepted, delivered, pending, quarantined, expired } = cursor.state();
      const oldestPendingMs = pending > 0 ? log.timeAfter(seq) : undefined;
      return {
        state,
        detail,
        ...(hint === undefined ? {} : { hint }),
        sinceMs,
        accepted,
        delivered,
        pending,
        quarantined,
        expired,
        ...(oldestPendingMs === undefined ? {} : { oldestPendingMs }),
      };
    },
    isOk: () => state === 'ok',
    connecting() {
      if (state === 'connecting') detail = 'connecting to the centre';
    },
    ok(words) {
      become('ok', '', words);
    },
    failed(fault) {
      if (!become('down', fault.code, fault.message, fault.hint)) return;
      world.logger.warn('centre.down', { code: fault.code, detail: fault.message, hint: fault.hint });
    },
  };
}
