/** Rules that make sense nearly everywhere: for a profile, by what it says of its fields, and for the site. Nothing is a rule of the site before somebody takes it. */
import type { AlarmRuleInput } from '../model/alarm.ts';
import type { SuggestedRule } from '../model/alarm-service.ts';
import type { DeviceProfile } from '../model/profile.ts';
import type { SUGGEST_TEXTS } from '../model/said/suggest-texts.ts';
import { isSaidKey, type SaidValues, tell } from '../model/said.ts';
import { batteryOf } from './core/judge.ts';

const MINUTE_MS = 60_000;

const PLAIN: Pick<AlarmRuleInput, 'enabled' | 'onDelayMs' | 'offDelayMs' | 'latched'> = {
  enabled: true,
  onDelayMs: 0,
  offDelayMs: 0,
  latched: false,
};

type Words = Pick<SuggestedRule, 'id' | 'name' | 'why' | 'said' | 'action' | 'cause' | 'consequence'>;

/** In English, and under which key a page has it in its language. */
function worded(id: string, key: KindOf<keyof typeof SUGGEST_TEXTS>, values: SaidValues = {}): Words {
  const text = (member: string): string | undefined => {
    const name = `suggest.${key}.${member}`;
    return isSaidKey(name) ? tell(name, values).detail : undefined;
  };
  const [action, cause, consequence] = [text('action'), text('cause'), text('consequence')];
  return {
    id,
    name: text('name') ?? '',
    ...(cause === undefined ? {} : { cause }),
    ...(consequence === undefined ? {} : { consequence }),
    ...(action === undefined ? {} : { action }),
    why: text('why') ?? '',
    said: { key: `suggest.${key}`, values },
  };
}

type KindOf<K> = K extends `suggest.${infer Kind}.name` ? Kind : never;

/** For the site. */
export function suggestedForSite(): readonly SuggestedRule[] {
  const site = { ...PLAIN, scope: { kind: 'site' } } as const;
  return [
    {
      ...{ ...site, ...worded('gateway-offline', 'gateway-offline'), priority: 'high' },
      ...{ condition: { kind: 'gateway-offline' }, onDelayMs: 2 * MINUTE_MS },
    },
    {
      ...{ ...site, ...worded('box-store', 'box-store'), priority: 'critical' },
      condition: { kind: 'box', fact: 'store' },
    },
    {
      ...{ ...site, ...worded('box-disk', 'box-disk'), priority: 'high' },
      condition: { kind: 'box', fact: 'disk' },
    },
    {
      ...{ ...site, ...worded('box-clock', 'box-clock'), priority: 'medium', onDelayMs: 15 * MINUTE_MS },
      condition: { kind: 'box', fact: 'clock' },
    },
    {
      ...{ ...site, ...worded('box-broker', 'box-broker'), priority: 'high', onDelayMs: 5 * MINUTE_MS },
      condition: { kind: 'box', fact: 'broker' },
    },
    {
      ...{ ...site, ...worded('box-influx', 'box-influx'), priority: 'medium', onDelayMs: 30 * MINUTE_MS },
      condition: { kind: 'box', fact: 'influx' },
    },
    {
      ...{
        ...site,
        ...worded('box-centre', 'box-centre'),
        priority: 'low',
        onDelayMs: 60 * MINUTE_MS,
      },
      condition: { kind: 'box', fact: 'centre' },
    },
    {
      ...{ ...site, ...worded('box-certificate', 'box-certificate'), priority: 'medium' },
      condition: { kind: 'box', fact: 'certificate' },
    },
    {
      ...{ ...site, ...worded('box-flash', 'box-flash'), priority: 'medium' },
      condition: { kind: 'box', fact: 'flash-wear' },
    },
    {
      ...{ ...site, ...worded('box-quarantine', 'box-quarantine'), priority: 'medium' },
      condition: { kind: 'box', fact: 'quarantine' },
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
      ...{ ...common, ...worded(`${id}-stale`, 'stale', { profile: name }), priority: 'medium' },
      condition: { kind: 'stale', intervals: 3 },
    },
    {
      ...{ ...common, ...worded(`${id}-battery`, 'battery', { profile: name }), priority: 'low' },
      condition: { kind: 'low-battery', percent: 15, ...(battery === undefined ? {} : { field: battery }) },
    },
    {
      ...{ ...common, ...worded(`${id}-margin`, 'margin', { profile: name }), priority: 'low' },
      condition: { kind: 'low-margin', marginDb: 3, readings: 5 },
    },
    {
      ...{ ...common, ...worded(`${id}-join`, 'join', { profile: name }), priority: 'medium' },
      condition: { kind: 'join-refused', times: 5 },
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
    { side: 'high', limit: high },
    { side: 'low', limit: low },
  ] as const;
  return sides.flatMap(({ side, limit }) =>
    limit === undefined
      ? []
      : [
          {
            ...{
              ...common,
              ...worded(`${idOf(name)}-${idOf(field)}-${side}`, side, { profile: name, field: shownName }),
            },
            priority: 'medium' as const,
            condition: { kind: 'limit' as const, field, side, limit },
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
