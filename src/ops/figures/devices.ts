/** How many devices there are, and how many of them are heard: within a day, and as often as each should be. */
import type { World } from '../../model/world.ts';
import { type Figure, PREFIX } from './figure.ts';

interface DeviceFiguresDeps {
  readonly world: World;
  readonly devices?: () => readonly { readonly lastSeenMs: number }[];
}

/** Of the devices that were ever heard. */
export interface Freshness {
  readonly onTime: number;
  readonly stale: number;
}

/** Who was heard within that time is heard. */
export const HEARD_WITHIN_MS = 86_400_000;

/** `freshness` is what was looked up last. */
export function deviceFigures(
  { devices, world }: DeviceFiguresDeps,
  freshness: () => Freshness | undefined,
): Figure[] {
  return [
    {
      kind: 'gauge',
      name: `${PREFIX}devices`,
      help: 'Devices this site knows.',
      read: () => [{ value: devices?.().length }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}devices_heard`,
      help: 'Of them, those heard within the last 24 hours.',
      read() {
        const sinceMs = world.clock.nowMs() - HEARD_WITHIN_MS;
        return [{ value: devices?.().filter(({ lastSeenMs }) => lastSeenMs > sinceMs).length }];
      },
    },
    {
      kind: 'gauge',
      name: `${PREFIX}devices_on_time`,
      help: 'Of them, those heard as often as their profile expects, else as often as they usually are.',
      read: () => [{ value: freshness()?.onTime }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}devices_stale`,
      help: 'Of them, those not heard for three times as long, as the pages count; never heard ones are in neither.',
      read: () => [{ value: freshness()?.stale }],
    },
  ];
}
