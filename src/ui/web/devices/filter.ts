/**
 * Which of the devices are shown, as it stands in the address: '#/devices/stale', '#/devices/in:Pump house',
 * '#/devices/stale,in:Pump house', and 'in:' for those that are in no area. Pure.
 */
import type { DeviceView } from '../../shapes/devices.ts';
import { FLAGS, type Flag } from '../device-flags.ts';
import { locale } from '../texts.ts';

export interface DeviceFilter {
  readonly flag: Flag | undefined;
  /** '' for those that are in none; undefined for all. */
  readonly area: string | undefined;
}

export function filterOf(of: string): DeviceFilter {
  const [, first = '', area] = /^([^,:]*)(?:(?:^|,)in:(.*))?$/s.exec(of) ?? [];
  return { flag: FLAGS.find((flag) => flag === first), area };
}

/** The part of the address. */
export function addressOf({ flag, area }: DeviceFilter): string {
  return [flag, area === undefined ? undefined : `in:${area}`].filter((part) => part !== undefined).join(',');
}

/** The areas there are, with how many devices each has; those that are in none come last, under ''. */
export function areasOf(
  devices: readonly Pick<DeviceView, 'area'>[],
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { area = '' } of devices) counts.set(area, (counts.get(area) ?? 0) + 1);
  const order = new Intl.Collator(locale, { numeric: true });
  return [...counts].sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : order.compare(a, b)));
}
