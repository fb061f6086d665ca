/** The priority of an alarm: a shape and a number of its own for each, so that colour is never the only cue. */
import type { JSX } from 'preact';
import type { AlarmView } from '../../shapes/alarms.ts';
import { t } from '../texts.ts';

const LOOKS = {
  critical: { digit: 1, icon: 'down', path: 'M8.2 2.8h7.6l5.4 5.4v7.6l-5.4 5.4H8.2l-5.4-5.4V8.2z' },
  high: { digit: 2, icon: 'degraded', path: 'M12 2.5L22.5 21H1.5z' },
  medium: { digit: 3, icon: 'degraded', path: 'M12 2l10 10-10 10L2 12z' },
  low: { digit: 4, icon: 'connecting', path: 'M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0z' },
} as const;

export function PriorityMark({ priority }: Pick<AlarmView, 'priority'>): JSX.Element {
  const { digit, icon, path } = LOOKS[priority];
  return (
    <span class="priority-mark">
      <svg class={`icon icon-${icon}`} viewBox="0 0 24 24" aria-hidden="true">
        <path d={path} />
        <text class="digit" x="12" y={priority === 'high' ? 18.5 : 16} text-anchor="middle">
          {digit}
        </text>
      </svg>
      <span class="spoken">{t(`alarm.priority.${priority}`)}</span>
    </span>
  );
}
