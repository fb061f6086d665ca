/** What the box says of itself, as facts that a rule may be about. */
import type { BoxFact } from '../model/alarm.ts';
import type { ApplianceStatus, PartStatus } from '../model/status.ts';

export interface BoxFactValue {
  readonly fact: BoxFact;
  readonly value: number | boolean;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MB = 1_000_000;

export interface BoxFacts {
  /** Those that are known. `certificateEndsMs`: of the pages, where there is one. */
  of(status: ApplianceStatus, nowMs: number, certificateEndsMs?: number): readonly BoxFactValue[];
}

export function createBoxFacts(): BoxFacts {
  /** Times and counts of the last hour, in turn. */
  const refused: number[] = [];
  return {
    of(status, nowMs, certificateEndsMs) {
      const { store, time, broker, influx, centre, backup } = status;
      const facts: BoxFactValue[] = [
        { fact: 'store', value: !store.takesReadings },
        { fact: 'broker', value: isWrong(broker) },
        { fact: 'influx', value: isWrong(influx) },
        { fact: 'centre', value: isWrong(centre) },
        { fact: 'quarantine', value: grownBy(refused, influx.quarantined, nowMs) },
      ];
      if (time) facts.push({ fact: 'clock', value: isWrong(time) });
      if (backup) facts.push({ fact: 'backup', value: isWrong(backup) });
      if (store.freeBytes !== undefined)
        facts.push({ fact: 'disk', value: Math.floor(store.freeBytes / MB) });
      if (store.deviceLifeUsedPercent !== undefined)
        facts.push({ fact: 'flash-wear', value: store.deviceLifeUsedPercent });
      if (certificateEndsMs !== undefined)
        facts.push({ fact: 'certificate', value: Math.floor((certificateEndsMs - nowMs) / DAY_MS) });
      return facts;
    },
  };
}

function isWrong({ state }: PartStatus): boolean {
  return state === 'down' || state === 'degraded';
}

function grownBy(counts: number[], count: number, nowMs: number): number {
  // A count a minute is enough for an hour.
  if (nowMs - (counts.at(-2) ?? 0) >= 60_000 || nowMs < (counts.at(-2) ?? 0)) counts.push(nowMs, count);
  while (counts.length > 2 && ((counts[2] ?? 0) <= nowMs - HOUR_MS || counts.length > 240))
    counts.splice(0, 2);
  return Math.max(0, count - (counts[1] ?? count));
}
