/** How the writer is, in words and counts, as the page and the API show it. */
import type { CheckStatus, RewindStatus } from '../../model/influx.ts';
import { type Told, tell, tellAll } from '../../model/said.ts';
import type { InfluxStatus, PartStatus } from '../../model/status.ts';
import type { QuarantineUse, Store } from '../../store/contract.ts';
import type { LateHours } from './late-hours.ts';
import type { SpotCheck } from './spot-check.ts';
import type { WriterContext } from './write-loop.ts';

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
  const isOk = part.state === 'ok';
  const told =
    isOk && holdFrom() <= accepted
      ? tell('influx.held')
      : isOk && queues.isLive()
        ? tell('influx.catchingUp', { count: pending })
        : ((isOk ? rewindWords(rewind) : undefined) ?? part);
  const oldest = oldestPendingMs === undefined ? {} : { oldestPendingMs };
  return {
    ...part,
    ...withProvisionHint(part.state, told, provisioner.hint(lacksBucket(part))),
    ...{ ...counts, ...oldest },
    ...(rewind ? { rewind } : {}),
    ...(check ? { check } : {}),
    ...(late ? { late } : {}),
  };
}

function rewindWords(rewind: RewindStatus | undefined): Told | undefined {
  if (rewind?.state !== 'running') return undefined;
  const { fromMs, toMs, share, written } = rewind;
  const values = { from: iso(fromMs), percent: Math.floor(share * 100), written };
  return toMs === undefined
    ? tell('influx.again', values)
    : tell('influx.againTo', { ...values, to: iso(toMs) });
}

const iso = (timeMs: number): string => new Date(timeMs).toISOString();

type Part = PartStatus & Told;

/** What works, but has lost what it had, is not well; while that is being written again there is nothing to do. */
function withMissing(part: Part, check: CheckStatus | undefined, rewind: RewindStatus | undefined): Part {
  if (part.state !== 'ok' || check?.state !== 'missing') return part;
  const { detail, hint, said = [] } = check;
  const again = rewindWords(rewind);
  const told = { detail, ...(hint === undefined ? {} : { hint }), said };
  if (!again) return { ...part, state: 'degraded', ...told };
  return { ...part, state: 'degraded', ...tellAll([withoutAdvice(told), again]) };
}

function withoutAdvice({ detail, said }: Told): Told {
  return { detail, said: said.map(({ key, values }) => ({ key, values })) };
}

const lacksBucket = ({ said }: Told): boolean => said.some(({ key }) => key === 'influx.noBucket');

/** What to make in InfluxDB by hand matters while it works, and while there is no bucket; it is no help with anything else. */
function withProvisionHint(
  state: PartStatus['state'],
  { detail, hint, said }: Told,
  byHand: Told | undefined,
): Told {
  const told = { detail, ...(hint === undefined ? {} : { hint }), said };
  if (byHand === undefined || (state !== 'ok' && !lacksBucket(told))) return told;
  const hints = [hint, byHand.hint].filter((one) => one !== undefined);
  return { detail, hint: hints.join('\n'), said: [...said, ...byHand.said] };
}

/** What works, but gives up what should have been kept, is not well. */
function withFullQuarantine(part: Part, { full, records, bytes }: QuarantineUse): Part {
  if (!full || part.state !== 'ok') return part;
  return {
    ...part,
    state: 'degraded',
    ...tell('influx.quarantineFull', { records, megabytes: (bytes / 1e6).toFixed(1) }),
  };
}
