/** What is not as it should be with a device, from what is known of it; the site's sentence, the list and its filters go by this alone. Pure. */

import { marginDb } from '../../model/link-margin.ts';
import type { DeviceView } from '../shapes/devices.ts';
import { heardMs, isStale } from './device-state.ts';
import { countBeyond } from './fields.ts';

/** The worst first. */
export const FLAGS = [
  'refused',
  'beyond',
  'stale',
  'silent',
  'neverJoined',
  'undecoded',
  'lowBattery',
  'lowMargin',
] as const;
export type Flag = (typeof FLAGS)[number];

/** Whether somebody has to do something about it. A margin is only advice: it may be one bad reading, and ADR means it to be small. */
export function isAlarm(flag: Flag): boolean {
  return flag !== 'lowMargin';
}

/** A battery below this wants to be changed with the next visit. */
const LOW_BATTERY_PERCENT = 20;
/** With less to spare the next frame may be lost. */
const LOW_MARGIN_DB = 5;

/** `isRefused`: whether its frames are being refused, which explains why it is not heard. */
export function flagsOf(device: DeviceView, nowMs: number, isRefused: boolean): Flag[] {
  const { last, fields, activation, devAddr } = device;
  const isSilent = heardMs(device) === undefined;
  const battery = batteryPercentOf(device);
  const margin = marginOf(device);
  const found: Readonly<Record<Flag, boolean>> = {
    refused: isRefused,
    beyond: countBeyond(last?.fields ?? {}, fields) > 0,
    stale: isStale(device, nowMs),
    silent: isSilent && !isRefused,
    neverJoined: activation === 'otaa' && devAddr === undefined && isSilent,
    undecoded: last?.problem !== undefined,
    lowBattery: battery !== undefined && battery < LOW_BATTERY_PERCENT,
    lowMargin: margin !== undefined && margin < LOW_MARGIN_DB,
  };
  return FLAGS.filter((flag) => found[flag]);
}

/** What its last reading had to spare at the gateway that heard it best, dB; undefined where that is not known. */
export function marginOf({ last }: DeviceView): number | undefined {
  const margins = (last?.receptions ?? []).flatMap(({ snr }) => marginDb(snr, last?.dataRate) ?? []);
  return margins.length === 0 ? undefined : Math.max(...margins);
}

/** What the device says of its battery, percent; undefined where it has not, or has none. */
export function batteryPercentOf({ network, last }: DeviceView): number | undefined {
  const told = network?.battery;
  if (told !== undefined) return told.source === 'external' ? undefined : told.percent;
  const own = Object.entries(last?.fields ?? {}).find(([key]) => BATTERY_FIELD.test(key))?.[1];
  return typeof own === 'number' && own >= 0 && own <= 100 ? own : undefined;
}

/** Names that mean percent beyond doubt: 'battery' alone may be volts. */
const BATTERY_FIELD = /^batt?(ery)?_?(percent(age)?|pct|level_percent|soc)$/i;
