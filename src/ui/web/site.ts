/**
 * What the page knows of the site, as signals. Records and state land here; components read it. Each device has its own
 * signal, so a new reading redraws one row.
 */
import { computed, type Signal, signal } from '@preact/signals';
import { usualIntervalMs } from '../../model/interval.ts';
import type { DeviceView } from '../shapes/devices.ts';
import type { ReadingView, RecordView } from '../shapes/records.ts';
import type { GatewayView, StatusView, UnknownDeviceView } from '../shapes/status.ts';
import { access } from './access.ts';
import { openAlarms } from './alarms/summary.ts';
import { type Concerns, concernsOf, flagged } from './attention.ts';
import { dayOf, usableZone } from './dates.ts';
import type { Flag } from './device-flags.ts';
import type { Displays } from './fields.ts';
import { boxNowMs, noteBoxTime } from './screen-clock.ts';
import { locale } from './texts.ts';

/** Readings kept for the table, and for the line of each device. */
export const READINGS = 50;
export const RECENT = 12;

export type Connection = 'loading' | 'live' | 'lost';

export const connection = signal<Connection>('loading');
export const status = signal<StatusView | undefined>(undefined);
export const gateways = signal<readonly GatewayView[]>([]);
export const unknownDevices = signal<readonly UnknownDeviceView[]>([]);
/** Newest first. */
export const readings = signal<readonly ReadingView[]>([]);
/** In the order of their names. */
export const devices = signal<readonly Signal<DeviceView>[]>([]);

/** 'Tank 2' before 'Tank 10'. */
const natural = new Intl.Collator(locale, { numeric: true });
const byDevEui = new Map<string, Signal<DeviceView>>();

export function setStatus(next: StatusView): void {
  noteBoxTime(Date.parse(next.now));
  status.value = next;
}

/** Takes the list as fetched; a reading that came live meanwhile wins over an older one in the list. */
export function setDevices(list: readonly DeviceView[]): void {
  const known = new Map(byDevEui);
  byDevEui.clear();
  for (const device of list) {
    const own = known.get(device.devEui) ?? signal(device);
    const live = own.value.last?.seq ?? 0;
    const sameStore = sharesEpoch(own.value.last, device.last);
    if (!sameStore || live <= (device.last?.seq ?? 0)) own.value = device;
    byDevEui.set(device.devEui, own);
  }
  devices.value = [...byDevEui.values()].sort((a, b) => natural.compare(a.value.name, b.value.name));
}

function sharesEpoch(a: ReadingView | null, b: ReadingView | null): boolean {
  return a?.id.split('-')[0] === b?.id.split('-')[0];
}

/** The newest record that is no reading and is about a device: a join, a step of a downlink. */
export const happening = signal<RecordView | undefined>(undefined);

/** Takes new records, oldest first. Returns whether one is of a device not listed yet. */
export function addRecords(records: readonly RecordView[]): boolean {
  const newest = readings.value[0]?.seq ?? 0;
  const fresh = records.filter((record) => record.kind === 'uplink').filter(({ seq }) => seq > newest);
  if (fresh.length > 0) readings.value = [...fresh.toReversed(), ...readings.value].slice(0, READINGS);
  const other = records.findLast(({ kind, device }) => kind !== 'uplink' && device !== null);
  if (other) happening.value = other;
  let unlisted = false;
  for (const reading of fresh) {
    const device = byDevEui.get(reading.device);
    if (!device) unlisted = true;
    else if (reading.seq > (device.value.last?.seq ?? 0)) device.value = withReading(device.value, reading);
  }
  return unlisted;
}

function withReading(device: DeviceView, reading: ReadingView): DeviceView {
  const { time, timeQuality, fields } = reading;
  const newest = { time, fields, ...(timeQuality === undefined ? {} : { timeQuality }) };
  const recent = [newest, ...(device.recent ?? [])].slice(0, RECENT);
  const intervalMs = usualIntervalMs(recent.map((past) => Date.parse(past.time)));
  return {
    ...device,
    lastSeen: reading.time,
    nextFCntUp: reading.fCnt + 1,
    usualIntervalSeconds: intervalMs === undefined ? device.usualIntervalSeconds : intervalMs / 1000,
    last: reading,
    recent,
  };
}

export function nameOf(devEui: string): string {
  return byDevEui.get(devEui)?.value.name ?? devEui;
}

/** A device in the list of all, with what is not as it should be with it. */
export interface Judged {
  readonly device: Signal<DeviceView>;
  readonly flags: readonly Flag[];
}

/** All devices, judged once a second rather than with each reading: many report at once on a large site. */
export const judged = computed((): readonly Judged[] => {
  const list = devices.value;
  return flaggedNow.value.flatMap(({ flags }, n) => {
    const device = list[n];
    return device ? [{ device, flags }] : [];
  });
});

const flaggedNow = computed(() => {
  const views = devices.value.map((device) => device.peek());
  return flagged(views, unknownDevices.value, boxNowMs.value);
});

/** Open alarms of the site's rules: the state knows them before the events have begun. */
const ruleAlarms = computed(() => openAlarms.value ?? status.value?.openAlarms ?? 0);

/** What is not as it should be; nothing before the box has answered. As old as a second, as `judged` is. */
export const concerns = computed((): Concerns => {
  const now = status.value;
  if (!now) return { alarms: [], notices: [] };
  return concernsOf({
    status: now,
    gateways: gateways.value,
    devices: flaggedNow.value.map(({ device }) => device),
    flagged: flaggedNow.value,
    unknownDevices: unknownDevices.value,
    nowMs: boxNowMs.value,
    ruleAlarms: ruleAlarms.value,
    isExposed: access.value?.exposed === true,
  });
});

/** How many things want somebody to do something. */
export const alarmCount = computed(() => concerns.value.alarms.reduce((sum, { count }) => sum + count, 0));

/** The same without the alarms of the site's rules, which have a place and a number of their own. */
export const otherThings = computed(() => alarmCount.value - ruleAlarms.value);

/** The time zone of the site, as far as this browser knows it. */
export const siteZone = computed(() => usableZone(status.value?.timeZone));

/** The day it is at the site, for dayOf(); changes once a day. */
export const today = computed(() => dayOf(boxNowMs.value, siteZone.value));

/** How the device's profile wants its fields shown. */
export function displaysOf(devEui: string): Displays | undefined {
  return byDevEui.get(devEui)?.value.fields;
}

/** Lets go of everything: whoever looks next need not be who looked before. */
export function forgetSite(): void {
  byDevEui.clear();
  devices.value = [];
  gateways.value = [];
  unknownDevices.value = [];
  readings.value = [];
  happening.value = undefined;
  status.value = undefined;
}
