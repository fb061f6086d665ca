/** On every page: the most urgent alarm that nobody has acknowledged, with the button for it. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { AlarmView } from '../../shapes/alarms.ts';
import { mayOperate } from '../access.ts';
import { api, type Refusal, tell } from '../call.ts';
import { HowLong, Refused } from '../components.tsx';
import { hrefOf, page } from '../page.ts';
import { t } from '../texts.ts';
import { messageWords } from '../told.ts';
import { PriorityMark } from './priority-mark.tsx';
import { alarmSummary, unseenAlarms } from './summary.ts';

export function AlarmBar(): JSX.Element | null {
  const top = alarmSummary.value?.top;
  const { name } = page.value;
  if (!top || name === 'alarms') return null;
  return <Bar key={top.id} alarm={top} isOnWall={name === 'wall'} />;
}

function Bar({ alarm, isOnWall }: { alarm: AlarmView; isOnWall: boolean }): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const others = unseenAlarms.value - 1;
  const acknowledge = async (): Promise<void> => {
    const param = { id: encodeURIComponent(alarm.id) };
    refused.value = await tell(api.alarms[':id'].acknowledge.$post({ param, json: {} }));
  };
  return (
    <div class={`banner ${alarm.priority === 'critical' ? 'banner-down' : 'banner-note'} alarm-bar`}>
      <PriorityMark priority={alarm.priority} />
      <a href={hrefOf('alarms')}>
        <strong>{messageWords(alarm)}</strong>, {alarm.active ? <HowLong time={alarm.active} /> : null}
        {others > 0 ? <span> {t('alarm.others', { count: others })}</span> : null}
      </a>
      {mayOperate.value && !isOnWall ? (
        <button type="button" class="toggle" onClick={() => void acknowledge()}>
          {t('alarm.acknowledge')}
        </button>
      ) : null}
      <Refused refusal={refused.value} />
    </div>
  );
}
