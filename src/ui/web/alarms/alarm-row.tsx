/** One alarm: what it is, since when, what to do; acknowledged with one touch, kept quiet with a reason. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { AlarmView } from '../../shapes/alarms.ts';
import { mayOperate, maySetUp } from '../access.ts';
import { api, type Refusal, tell } from '../call.ts';
import { HowLong, Refused } from '../components.tsx';
import { wholeTime } from '../dates.ts';
import { hrefOf } from '../page.ts';
import { siteZone } from '../site.ts';
import { t } from '../texts.ts';
import { messageWords } from '../told.ts';
import { PriorityMark } from './priority-mark.tsx';
import { QuietForm } from './quiet-form.tsx';

export function AlarmRow({ alarm }: { alarm: AlarmView }): JSX.Element {
  const { priority, action, cause, consequence } = alarm;
  return (
    <li class={`alarm-row alarm-${alarm.state}`}>
      <PriorityMark priority={priority} />
      <div class="alarm-words">
        <a class="choice" href={subjectHref(alarm)}>
          <strong>{messageWords(alarm)}</strong>
        </a>
        <p class="detail">
          {alarm.subjectName}
          {alarm.area === undefined ? '' : ` · ${alarm.area}`} · <Since alarm={alarm} />
        </p>
        <Chips alarm={alarm} />
        {cause === undefined ? null : <p class="detail">{t('alarm.cause', { cause })}</p>}
        {consequence === undefined ? null : <p class="detail">{consequence}</p>}
        {action === undefined ? null : <p class="hint">{t('alarm.todo', { action })}</p>}
        <Quiet alarm={alarm} />
      </div>
      <Doing alarm={alarm} />
    </li>
  );
}

function subjectHref({ device, subject }: AlarmView): string {
  if (device !== undefined) return hrefOf('device', device);
  return subject === 'site' ? hrefOf('parts') : hrefOf('gateway', subject);
}

function Since({ alarm }: { alarm: AlarmView }): JSX.Element {
  const { state, active, cleared, acknowledged } = alarm;
  const at = (time: string): string => wholeTime(Date.parse(time), siteZone.value);
  return (
    <>
      {active === null ? (
        t('alarm.neverActive')
      ) : (
        <>
          {t(`alarm.state.${state}`)} <HowLong time={active} />
        </>
      )}
      {cleared === undefined ? '' : `, ${t('alarm.overSince', { time: at(cleared) })}`}
      {acknowledged ? `, ${t('alarm.seenBy', { who: acknowledged.by, time: at(acknowledged.time) })}` : ''}
    </>
  );
}

function Chips({ alarm }: { alarm: AlarmView }): JSX.Element | null {
  const { isFirstUp, timesInHour, state } = alarm;
  if (!isFirstUp && timesInHour < 3 && state !== 'latched') return null;
  return (
    <p class="tools">
      {isFirstUp ? <span class="chip">{t('alarm.firstUp')}</span> : null}
      {timesInHour >= 3 ? <span class="chip amiss">{t('alarm.often', { count: timesInHour })}</span> : null}
      {state === 'latched' ? <span class="chip">{t('alarm.latched')}</span> : null}
    </p>
  );
}

/** Why it makes no noise, and until when. */
function Quiet({
  alarm: { silence, shelved, outOfService, parent },
}: {
  alarm: AlarmView;
}): JSX.Element | null {
  if (silence === undefined) return null;
  const until = shelved ? wholeTime(Date.parse(shelved.until), siteZone.value) : '';
  const { by, reason } = shelved ?? outOfService ?? { by: '', reason: '' };
  return (
    <p class="detail">
      {t(`alarm.silence.${silence}`, { until, by, parent: parent ?? '' })}
      {reason === '' ? '' : ` ${t('alarm.reason', { reason })}`}
    </p>
  );
}

function Doing({ alarm }: { alarm: AlarmView }): JSX.Element | null {
  const refused = useSignal<Refusal | undefined>(undefined);
  const isQuieting = useSignal(false);
  if (!mayOperate.value) return null;
  const param = { id: encodeURIComponent(alarm.id) };
  const one = api.alarms[':id'];
  const act = async (asked: Parameters<typeof tell>[0]): Promise<void> => {
    refused.value = await tell(asked);
  };
  const isUnseen = alarm.state !== 'acknowledged' && alarm.state !== 'normal';
  return (
    <div class="tools alarm-doing">
      {isUnseen ? (
        <button
          type="button"
          class="primary"
          aria-label={t(alarm.state === 'latched' ? 'alarm.resetOne' : 'alarm.acknowledgeOne', {
            message: messageWords(alarm),
          })}
          onClick={() => void act(one.acknowledge.$post({ param, json: {} }))}
        >
          {t(alarm.state === 'latched' ? 'alarm.reset' : 'alarm.acknowledge')}
        </button>
      ) : null}
      {alarm.shelved ? (
        <button type="button" class="toggle" onClick={() => void act(one.unshelve.$post({ param }))}>
          {t('alarm.unshelve')}
        </button>
      ) : null}
      {alarm.outOfService && maySetUp.value ? (
        <button
          type="button"
          class="toggle"
          onClick={() => void act(one['return-to-service'].$post({ param }))}
        >
          {t('alarm.return')}
        </button>
      ) : null}
      {alarm.shelved || alarm.outOfService ? null : (
        <button
          type="button"
          class="toggle"
          aria-expanded={isQuieting.value}
          onClick={() => {
            isQuieting.value = !isQuieting.value;
          }}
        >
          {t('alarm.quiet')}
        </button>
      )}
      <Refused refusal={refused.value} />
      {isQuieting.value ? <QuietForm id={alarm.id} done={() => (isQuieting.value = false)} /> : null}
    </div>
  );
}
