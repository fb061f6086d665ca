/** What the copies of a frame say of its reception: one entry a gateway, and when the frame was received. Pure. */
import { believed, believedWord, type OwnTime } from '../../model/foreign-time.ts';
import { utcOfGpsMs } from '../../model/time.ts';
import type { RxInfo } from '../../model/uplink.ts';
import { ageMs, newestReceptions, type Reception } from './reception.ts';

/** One a gateway, best first: a broker may bring the same copy twice. `nowMs` is monotonic. */
export function rxInfosOf(receptions: readonly Reception[], own: OwnTime, nowMs: number): RxInfo[] {
  if (receptions.length === 1 && receptions[0]) return [toRxInfo(receptions[0], own, nowMs)];
  return newestReceptions(receptions)
    .map((reception) => toRxInfo(reception, own, nowMs))
    .sort(bestFirst);
}

/** When the frame was received: by the best-hearing gateway that is believed. One that waited in a queue keeps its time. */
export function receivedAtMs(rxInfos: readonly RxInfo[], own: OwnTime): number {
  const timeMs = rxInfos.find((rxInfo) => rxInfo.timeMs !== undefined)?.timeMs;
  return Math.floor(timeMs ?? own.nowMs);
}

/** When the frame ended, as far as we know the time: GPS time where a gateway has it and ours agrees, else our own. */
export function endedAtMs(receptions: readonly Reception[], own: OwnTime, nowMs: number): number | undefined {
  if (!own.trusted) return undefined;
  for (const reception of receptions) {
    const { gpsTimeMs } = reception.uplink;
    if (gpsTimeMs === undefined) continue;
    const gpsMs = believed(utcOfGpsMs(gpsTimeMs), own, ageMs(reception, nowMs));
    if (gpsMs !== undefined) return gpsMs;
  }
  const [first] = receptions;
  return own.nowMs - (first ? nowMs - first.arrivedMs : 0);
}

function toRxInfo(reception: Reception, own: OwnTime, nowMs: number): RxInfo {
  const { gatewayId, rssi, snr, channel, context } = reception.uplink;
  const timeMs = believedWord(reception.uplink, own, ageMs(reception, nowMs));
  return { gatewayId, rssi, snr, channel, context, ...(timeMs === undefined ? {} : { timeMs }) };
}

function bestFirst(a: RxInfo, b: RxInfo): number {
  return b.snr - a.snr || b.rssi - a.rssi;
}
