/** A site for tests of the alarm engine: readings, rules, and a log in memory that dies at a commit when it is told to. */

import type { SiteDevice, SiteView } from '../../src/alarms/core/site.ts';
import type { FollowedStore } from '../../src/alarms/follower.ts';
import type { AlarmRule, AlarmRuleInput } from '../../src/model/alarm.ts';
import { type AlarmTransition, alarmBody, isTransition } from '../../src/model/alarm-record.ts';
import type { Fields, LogRecord, NewRecord, UplinkBody } from '../../src/model/record.ts';
import type { Change, Committed } from '../../src/store/contract.ts';

export const START_MS = Date.UTC(2026, 0, 1);
export const MINUTE_MS = 60_000;

/** DevEUI of device `n`. */
export function eui(n: number): string {
  return n.toString(16).padStart(16, '0');
}

export function uplink(
  device: string,
  timeMs: number,
  fields: Fields,
  more: Partial<UplinkBody> = {},
): NewRecord & { kind: 'uplink' } {
  const body: UplinkBody = {
    ...{ fields, data: '', fPort: 1, fCnt: 0, devAddr: '00000000', confirmed: false, freq: 868_100_000 },
    ...{ dr: 'SF7BW125', rx: [{ gw: 'aa', rssi: -80, snr: 7 }], codec: 'raw', via: 'bridge', ...more },
  };
  return { kind: 'uplink', timeMs, device, body };
}

export function gatewayRecord(gateway: string, timeMs: number, state: 'online' | 'offline'): NewRecord {
  return { kind: 'gateway', timeMs, device: null, body: { gateway, state, reason: 'test' } };
}

export function rule(
  id: string,
  more: Partial<AlarmRuleInput> & Pick<AlarmRuleInput, 'condition'>,
): AlarmRule {
  return {
    ...{ id, revision: 1, changedMs: START_MS, changedBy: 'test', name: id, enabled: true },
    ...{ scope: { kind: 'device', device: eui(1) }, priority: 'high', onDelayMs: 0, offDelayMs: 0 },
    ...{ latched: false, action: 'look', ...more },
  };
}

export function siteOf(devices: readonly Partial<SiteDevice>[], profiles: readonly string[] = []): SiteView {
  const known = devices.map((device, n) => {
    const one = { devEui: eui(n + 1), name: `D${n + 1}`, wasHeard: true, ...device };
    return [one.devEui, one] as const;
  });
  return { devices: new Map(known), profiles: new Set(profiles), gatewayName: (id) => id };
}

export function asRecord(seq: number, { kind, timeMs, device, body }: NewRecord): LogRecord {
  return { seq, kind, timeMs, device, body: JSON.stringify(body) };
}

/** 'raised D1' … of records of the log. */
export function transitionsIn(records: readonly LogRecord[]): (AlarmTransition & { timeMs: number })[] {
  return records.flatMap((record) => {
    if (record.kind !== 'alarm') return [];
    const body = alarmBody(record);
    return isTransition(body) ? [{ ...body, timeMs: record.timeMs }] : [];
  });
}

export class Died extends Error {}

/** A log as it is on disk: outlives who uses it. */
export function createMemoryLog() {
  const records: LogRecord[] = [];
  const kept = new Map<string, unknown>();
  const listeners = new Set<(first: number, last: number) => void>();
  let commits = 0;
  /** The process ends at this commit, counted over all lives; before it is stored, or after. */
  let deathAt: { readonly commit: number; readonly isStored: boolean } | undefined;
  let isDead = false;

  function apply(change: Change): Committed {
    const firstSeq = records.length + 1;
    for (const record of change.records ?? []) records.push(asRecord(records.length + 1, record));
    const { put = new Map(), remove = [] } = change.kept ?? {};
    for (const key of remove) kept.delete(key);
    for (const [key, value] of put) kept.set(key, JSON.parse(JSON.stringify(value)));
    return { firstSeq };
  }

  const store: FollowedStore = {
    closed: () => isDead,
    kept: () => new Map([...kept].map(([key, value]) => [key, JSON.parse(JSON.stringify(value))])),
    async commit(change) {
      if (isDead) throw new Died();
      commits += 1;
      const dies = commits === deathAt?.commit;
      if (dies) isDead = true;
      if (dies && !deathAt?.isStored) throw new Died();
      const committed = apply(change);
      if (dies) throw new Died();
      for (const listener of listeners) listener(committed.firstSeq, records.length);
      return committed;
    },
    log: {
      lastSeq: () => records.length,
      readAfter: (after, limit) => records.slice(after, after + limit),
      eventsAfter(after, count) {
        const to = Math.min(after + count, records.length);
        return { events: records.slice(after, to).filter(({ kind }) => kind !== 'uplink'), to };
      },
      onAppend(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
  return {
    store,
    records,
    kept,
    /** As intake does. */
    append(...given: readonly NewRecord[]) {
      apply({ records: given });
      for (const listener of listeners) listener(records.length, records.length);
    },
    commits: () => commits,
    dieAt(commit: number, isStored: boolean) {
      deathAt = { commit, isStored };
    },
    isDead: () => isDead,
    revive() {
      isDead = false;
      deathAt = undefined;
      listeners.clear();
    },
  };
}

/** Lets everything that waits for nothing but its turn have it. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
}
