/** How the writer is, in words and counts, as the page and the API show it. */
import type { CheckStatus, RewindStatus } from '../../model/influx.ts';
import type { InfluxStatus, PartStatus } from '../../model/status.ts';
import type { QuarantineUse, Store } from '../../store/contract.ts';
import type { LateHours } from './late-hours.ts';
import type { SpotCheck } from './spot-check.ts';
import type { WriterContext } from './write-loop.ts';

const HELD = 'readings wait until the time is right; the log keeps them';

export type StatusContext = WriterContext & {
  readonly spotCheck: Pick<SpotCheck, 'status'>;
  readonly lateHours: Pick<LateHours, 'status'>;
};

export function statusOf(
  { queues, health, provisioner, log, holdFrom, rewriter, spotCheck, lateHours }: StatusContext,
  { quarantine }: Pick<Store, 'quarantine'>,
): InfluxStatus {
  const { accepted, delivered, pending, quarantined, expired, seq } = queues.state();
  const oldestPendingMs = pending > 0 ? log.timeAfter(seq) : undefined;
  const counts = { accepted, delivered, pending, quarantined, expired };
  const [rewind, check, late] = [rewriter.status(), spotCheck.status(), lateHours.status()];
  const part = withMissing(withFullQuarantine(health.get(), quarantine.use()), check, rewind);
  const words = `catching up: ${pending} records behind; fresh ones go first`;
  const isHeld = holdFrom() <= accepted && part.state === 'ok';
  const again = part.state === 'ok' ? rewindWords(rewind) : undefined;
  const detail = isHeld ? HELD : part.state === 'ok' && queues.isLive() ? words : (again ?? part.detail);
  const hint = withProvisionHint(part, provisioner.hint(part.state === 'down'));
  const oldest = oldestPendingMs === undefined ? {} : { oldestPendingMs };
  return {
    ...part,
    ...(hint === undefined ? {} : { hint }),
    ...{ detail, ...counts, ...oldest },
    ...(rewind ? { rewind } : {}),
    ...(check ? { check } : {}),
    ...(late ? { late } : {}),
  };
}

function rewindWords(rewind: RewindStatus | undefined): string | undefined {
  if (rewind?.state !== 'running') return undefined;
  const { fromMs, toMs, share, written } = rewind;
  const until = toMs === undefined ? '' : ` to ${new Date(toMs).toISOString()}`;
  const from = new Date(fromMs).toISOString();
  return `writing again from ${from}${until}: ${Math.floor(share * 100)} %, ${written} records written; fresh ones go first`;
}

/** What works, but has lost what it had, is not well; while that is being written again there is nothing to do. */
function withMissing(
  part: PartStatus,
  check: CheckStatus | undefined,
  rewind: RewindStatus | undefined,
): PartStatus {
  if (part.state !== 'ok' || check?.state !== 'missing') return part;
  const again = rewindWords(rewind);
  return {
    ...part,
    state: 'degraded',
    detail: again === undefined ? check.detail : `${check.detail}; ${again}`,
    ...(again === undefined && check.hint !== undefined ? { hint: check.hint } : {}),
  };
}

/** What to make in InfluxDB by hand matters while it works, and while it has been refusing us for good. */
function withProvisionHint({ state, hint }: PartStatus, byHand: string | undefined): string | undefined {
  if (byHand === undefined || (state !== 'ok' && state !== 'down')) return hint;
  return hint === undefined ? byHand : `${hint}\n${byHand}`;
}

/** What works, but gives up what should have been kept, is not well. */
function withFullQuarantine(part: PartStatus, { full, records, bytes }: QuarantineUse): PartStatus {
  if (!full || part.state !== 'ok') return part;
  const size = `${records} records, ${(bytes / 1e6).toFixed(1)} MB`;
  return {
    ...part,
    state: 'degraded',
    detail: `the quarantine is full (${size}): what InfluxDB refuses from now on is given up and counts as expired`,
    hint: 'See why with webscada-edge quarantine list, then retype, retry or drop the records.',
  };
}
