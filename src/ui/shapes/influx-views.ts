/** What the box tells of its InfluxDB, as the API shows it. Pure. */

import type { CheckStatus, RewindStatus } from '../../model/influx.ts';
import type { InfluxStatus } from '../../model/status.ts';
import { iso, sinkView } from './part-views.ts';
import type { InfluxCheckView, InfluxView, RewindView } from './status.ts';

export function influxView(status: InfluxStatus): InfluxView {
  const { rewind, check, late } = status;
  return {
    ...sinkView(status),
    ...(rewind ? { rewind: rewindView(rewind) } : {}),
    ...(check ? { check: influxCheckView(check) } : {}),
    ...(late
      ? {
          late: {
            ...{ hours: late.hours, oldest: iso(late.oldestMs) },
            ...(late.problem === undefined ? {} : { problem: late.problem }),
          },
        }
      : {}),
  };
}

export function rewindView({
  fromMs,
  toMs,
  startedMs,
  endedMs,
  logFromMs,
  ...told
}: RewindStatus): RewindView {
  return {
    ...{ ...told, from: iso(fromMs), started: iso(startedMs) },
    ...(toMs === undefined ? {} : { to: iso(toMs) }),
    ...(endedMs === undefined ? {} : { ended: iso(endedMs) }),
    ...(logFromMs === undefined ? {} : { logFrom: iso(logFromMs) }),
  };
}

export function influxCheckView({
  checkedMs,
  oldestMissingMs,
  rewindFromMs,
  ...told
}: CheckStatus): InfluxCheckView {
  return {
    ...{ ...told, checked: iso(checkedMs) },
    ...(oldestMissingMs === undefined ? {} : { oldestMissing: iso(oldestMissingMs) }),
    ...(rewindFromMs === undefined ? {} : { rewindFrom: iso(rewindFromMs) }),
  };
}
