/** The list of alarms as a page shows it: fetched when the box says that something changed. */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { AlarmGroupView, AlarmView } from '../../shapes/alarms.ts';
import { api, ask, type Refusal } from '../call.ts';
import { after } from '../screen-clock.ts';
import { alarmSummary } from './summary.ts';

/** In a flood the box tells of changes all the time; this often the list is fetched. */
const AGAIN_MS = 2_000;

export interface AlarmList {
  /** Undefined before it has come. */
  readonly items: Signal<readonly AlarmView[] | undefined>;
  readonly groups: Signal<readonly AlarmGroupView[]>;
  readonly refused: Signal<Refusal | undefined>;
}

export function useAlarmList(): AlarmList {
  const items = useSignal<readonly AlarmView[] | undefined>(undefined);
  const groups = useSignal<readonly AlarmGroupView[]>([]);
  const refused = useSignal<Refusal | undefined>(undefined);
  const asked = useSignal(0);
  const isResting = useSignal(false);
  useSignalEffect(() => {
    const revision = alarmSummary.value?.revision ?? 0;
    if (isResting.value || (items.peek() && revision === asked.peek())) return;
    asked.value = revision;
    isResting.value = true;
    after(AGAIN_MS, () => {
      isResting.value = false;
    });
    void Promise.all([ask(api.alarms.$get({ query: {} })), ask(api.alarms.groups.$get())]).then(
      ([alarms, together]) => {
        refused.value = alarms.refusal;
        if (alarms.value) items.value = alarms.value.items;
        if (together.value) groups.value = together.value.items;
      },
    );
  });
  return { items, groups, refused };
}
