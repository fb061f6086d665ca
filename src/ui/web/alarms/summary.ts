/** How many alarms there are and the most urgent one, as the box tells it after each change: for the bar of every page. */
import { computed, signal } from '@preact/signals';
import type { AlarmSummaryView } from '../../shapes/alarms.ts';

export const alarmSummary = signal<AlarmSummaryView | undefined>(undefined);

type ByPriority = AlarmSummaryView['counts']['active'];

function sumOf({ critical, high, medium, low }: ByPriority): number {
  return critical + high + medium + low;
}

/** Alarms that are active and that nobody has acknowledged. */
export const unseenAlarms = computed(() => {
  const active = alarmSummary.value?.counts.active;
  return active ? sumOf(active) : 0;
});

/** Alarms that are active, or over and not acknowledged; undefined before the events have begun. */
export const openAlarms = computed(() => {
  const summary = alarmSummary.value;
  return summary && Object.values(summary.counts).reduce((sum, one) => sum + sumOf(one), 0);
});
