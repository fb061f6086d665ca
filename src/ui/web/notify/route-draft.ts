/** What the forms of a route and of a group have in them, and what is made of that. Pure. */
import type { NotifyGroupView, NotifyRouteView } from '../../shapes/notify.ts';
import { PRIORITIES } from '../alarms/choices.ts';
import { type Filled, unlessNone } from './filled.ts';
import { CHANNELS } from './person-draft.ts';
import { windowsIn } from './windows.ts';

export type RouteBody = Omit<NotifyRouteView, 'id' | 'revision' | 'changed' | 'changedBy'>;
export type GroupBody = Omit<NotifyGroupView, 'id' | 'revision' | 'changed' | 'changedBy'>;

export const MOST_STEPS = 10;

/** To begin with: what is urgent, at all hours, and when it is over. */
export const NEW_ROUTE: RouteBody = {
  name: '',
  enabled: true,
  priorities: ['critical', 'high'],
  to: [],
  recovery: true,
  escalate: [],
};

export function routeOf(form: Filled): RouteBody {
  const digestAt = form.one('digestAt');
  const priorities = form.all('priorities');
  const channels = form.all('channels');
  return {
    name: form.one('name'),
    enabled: form.one('enabled') !== '',
    priorities: PRIORITIES.filter((one) => priorities.includes(one)),
    ...unlessNone('areas', form.all('areas')),
    ...unlessNone('rules', form.all('rules')),
    ...unlessNone('hours', windowsIn(form, 'hours')),
    to: [...form.all('to')],
    ...unlessNone(
      'channels',
      CHANNELS.filter((one) => channels.includes(one)),
    ),
    recovery: form.one('recovery') !== '',
    ...(digestAt === '' ? {} : { digestAt }),
    escalate: form.all('escalate').map((key) => ({
      afterMinutes: Number(form.one(`escalate-${key}-after`)),
      to: [...form.all(`escalate-${key}-to`)],
    })),
  };
}

export function groupOf(form: Filled): GroupBody {
  return { name: form.one('name'), members: [...form.all('members')] };
}
