/** Alarms under the headings of their page: what is to be done comes first. Pure. */
import type { AlarmView } from '../../shapes/alarms.ts';

export interface Headings {
  /** Active or over, and nobody has acknowledged it yet. */
  readonly unseen: readonly AlarmView[];
  readonly seen: readonly AlarmView[];
  readonly silent: readonly AlarmView[];
  /** Rules without an action. */
  readonly events: readonly AlarmView[];
}

/** Each alarm under one heading, in the order it came. Pure. */
export function underHeadings(alarms: readonly AlarmView[]): Headings {
  const isUnseen = ({ state }: AlarmView): boolean => state !== 'acknowledged' && state !== 'normal';
  const silent = alarms.filter(({ silence }) => silence !== undefined);
  const loud = alarms.filter(({ silence }) => silence === undefined);
  const ours = loud.filter(({ isEvent }) => !isEvent);
  return {
    unseen: ours.filter(isUnseen),
    seen: ours.filter((alarm) => !isUnseen(alarm)),
    silent,
    events: loud.filter(({ isEvent }) => isEvent),
  };
}
