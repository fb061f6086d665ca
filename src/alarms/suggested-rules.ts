/** Rules that make sense nearly everywhere: for a profile, by what it says of its fields, and for the site. Nothing is a rule of the site before somebody takes it. */
import type { AlarmRuleInput } from '../model/alarm.ts';
import type { SuggestedRule } from '../model/alarm-service.ts';
import type { DeviceProfile } from '../model/profile.ts';
import { batteryOf } from './core/judge.ts';

const MINUTE_MS = 60_000;

const PLAIN: Pick<AlarmRuleInput, 'enabled' | 'onDelayMs' | 'offDelayMs' | 'latched'> = {
  enabled: true,
  onDelayMs: 0,
  offDelayMs: 0,
  latched: false,
};

/** For the site. */
export function suggestedForSite(): readonly SuggestedRule[] {
  const site = { ...PLAIN, scope: { kind: 'site' } } as const;
  return [
    {
      ...{ ...site, id: 'gateway-offline', name: 'Gateway offline', priority: 'high' },
      ...{ condition: { kind: 'gateway-offline' }, onDelayMs: 2 * MINUTE_MS },
      consequence: 'Its devices are not heard.',
      action: 'Look whether it has power and a network.',
      why: 'Everything behind it is silent.',
    },
    {
      ...{ ...site, id: 'box-store', name: 'Readings cannot be stored', priority: 'critical' },
      condition: { kind: 'box', fact: 'store' },
      consequence: 'What comes now is kept by the broker, as long as it has room.',
      action: 'Look at the disk: the page of the box says what is wrong.',
      why: 'Nothing else matters while this holds.',
    },
    {
      ...{ ...site, id: 'box-disk', name: 'Disk nearly full', priority: 'high' },
      condition: { kind: 'box', fact: 'disk' },
      action: 'Make room, or lower store.max_bytes.',
      why: 'Readings that were not delivered would be given up.',
    },
    {
      ...{ ...site, id: 'box-clock', name: 'Time not known', priority: 'medium', onDelayMs: 15 * MINUTE_MS },
      condition: { kind: 'box', fact: 'clock' },
      action: 'Look at NTP, or set the clock.',
      why: 'Readings wait for their date.',
    },
    {
      ...{ ...site, id: 'box-broker', name: 'Broker away', priority: 'high', onDelayMs: 5 * MINUTE_MS },
      condition: { kind: 'box', fact: 'broker' },
      action: 'Look at the MQTT broker the gateways publish to.',
      why: 'No device is heard.',
    },
    {
      ...{ ...site, id: 'box-influx', name: 'InfluxDB away', priority: 'medium', onDelayMs: 30 * MINUTE_MS },
      condition: { kind: 'box', fact: 'influx' },
      action: 'Look at InfluxDB; what it misses is sent when it is back.',
      why: 'Dashboards stand still.',
    },
    {
      ...{
        ...site,
        id: 'box-centre',
        name: 'No line to the centre',
        priority: 'low',
        onDelayMs: 60 * MINUTE_MS,
      },
      condition: { kind: 'box', fact: 'centre' },
      action: 'Look at the line; what the centre misses is sent when it is back.',
      why: 'The centre sees nothing of the site.',
    },
    {
      ...{ ...site, id: 'box-certificate', name: 'Certificate ends soon', priority: 'medium' },
      condition: { kind: 'box', fact: 'certificate' },
      action: 'Renew the certificate of the pages.',
      why: 'Browsers will refuse the pages.',
    },
    {
      ...{ ...site, id: 'box-flash', name: 'Card nearly worn out', priority: 'medium' },
      condition: { kind: 'box', fact: 'flash-wear' },
      action: 'Replace the card, from a backup.',
      why: 'It will fail.',
    },
    {
      ...{ ...site, id: 'box-quarantine', name: 'Records are refused', priority: 'medium' },
      condition: { kind: 'box', fact: 'quarantine' },
      action: 'Look at the quarantine: why does InfluxDB refuse them?',
      why: 'They are missing in dashboards until somebody acts.',
    },
  ];
}

/** For the devices of a profile. */
export function suggestedForProfile(profile: DeviceProfile): readonly SuggestedRule[] {
  const { name, fields = {} } = profile;
  const id = idOf(name);
  const scope = { kind: 'profile', profile: name } as const;
  const common = { ...PLAIN, scope };
  const battery = Object.keys(fields).find((field) => batteryOf({ [field]: 50 }, undefined) !== undefined);
  const rules: SuggestedRule[] = [
    {
      ...{ ...common, id: `${id}-stale`, name: `${name}: not heard`, priority: 'medium' },
      condition: { kind: 'stale', intervals: 3 },
      cause: 'Battery, radio, or the device itself.',
      action: 'The page of the device says why it is silent.',
      why: 'A value that stays the same may be none.',
    },
    {
      ...{ ...common, id: `${id}-battery`, name: `${name}: battery low`, priority: 'low' },
      condition: { kind: 'low-battery', percent: 15, ...(battery === undefined ? {} : { field: battery }) },
      action: 'Change the battery with the next visit.',
      why: 'Planned is cheaper than urgent.',
    },
    {
      ...{ ...common, id: `${id}-margin`, name: `${name}: heard badly`, priority: 'low' },
      condition: { kind: 'low-margin', marginDb: 3, readings: 5 },
      cause: 'Something stands in the way, or the antenna has moved.',
      action: 'Look at the antenna, or put a gateway nearer.',
      why: 'The next reading may be lost.',
    },
    {
      ...{ ...common, id: `${id}-join`, name: `${name}: refused to join`, priority: 'medium' },
      condition: { kind: 'join-refused', times: 5 },
      cause: 'Most often a wrong AppKey.',
      action: 'Compare its keys with the label.',
      why: 'It tries in vain, and empties its battery.',
    },
  ];
  return [...rules, ...Object.entries(fields).flatMap(([field, shown]) => limitRules(profile, field, shown))];
}

function limitRules(
  { name }: DeviceProfile,
  field: string,
  { low, high, name: shownName = field }: NonNullable<DeviceProfile['fields']>[string],
): SuggestedRule[] {
  const common = { ...PLAIN, scope: { kind: 'profile', profile: name }, onDelayMs: MINUTE_MS } as const;
  const sides = [
    { side: 'high', limit: high, words: 'high' },
    { side: 'low', limit: low, words: 'low' },
  ] as const;
  return sides.flatMap(({ side, limit, words }) =>
    limit === undefined
      ? []
      : [
          {
            ...{
              ...common,
              id: `${idOf(name)}-${idOf(field)}-${side}`,
              name: `${name}: ${shownName} ${words}`,
            },
            priority: 'medium' as const,
            condition: { kind: 'limit' as const, field, side, limit },
            action: 'Look after it.',
            why: 'The profile says so.',
          },
        ],
  );
}

/** A name as a part of an id. */
export function idOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return plain.slice(0, 40).replace(/-+$/, '') || 'profile';
}
