/** How many alarms there are, by state and priority; and what keeps quiet, so that nobody takes silence for peace. */
import type { AlarmSummary } from '../../model/alarm-service.ts';
import { type Figure, PREFIX } from './figure.ts';

export interface AlarmFiguresDeps {
  readonly alarms?: { summary(): AlarmSummary };
}

export function alarmFigures({ alarms }: AlarmFiguresDeps): Figure[] {
  const summary = () => alarms?.summary();
  return [
    {
      kind: 'gauge',
      name: `${PREFIX}alarms`,
      help: 'Alarms by state and priority; those that are kept quiet are counted in alarms_silent.',
      labels: ['state', 'priority'],
      read: () =>
        Object.entries(summary()?.counts ?? {}).flatMap(([state, counts]) =>
          Object.entries(counts).map(([priority, value]) => ({ labels: { state, priority }, value })),
        ),
    },
    {
      kind: 'gauge',
      name: `${PREFIX}alarms_silent`,
      help: 'Alarms that make no noise: shelved, suppressed (maintenance, behind a gateway), out of service.',
      labels: ['why'],
      read() {
        const found = summary();
        if (!found) return [];
        const { shelved, suppressed, outOfService } = found;
        return Object.entries({ shelved, suppressed, out_of_service: outOfService }).map(([why, value]) => ({
          labels: { why },
          value,
        }));
      },
    },
    {
      kind: 'gauge',
      name: `${PREFIX}alarms_announced_10m`,
      help: 'Alarms announced within the last ten minutes; more than ten are a flood.',
      read: () => [{ value: summary()?.inTenMinutes }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}alarm_rule_problems`,
      help: 'Rules that are not looked at, or not for all they are for.',
      read: () => [{ value: summary()?.ruleProblems }],
    },
  ];
}
