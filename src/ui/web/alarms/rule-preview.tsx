/** What a rule would have done until now, from the log: nobody should find out by being called at night. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { AlarmRulePreviewView } from '../../shapes/alarms.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Amiss, Refused } from '../components.tsx';
import { wholeTime } from '../dates.ts';
import { duration, sentence } from '../format.ts';
import { boxNowMs } from '../screen-clock.ts';
import { siteZone } from '../site.ts';
import { t } from '../texts.ts';
import { detailWords, messageWords } from '../told.ts';
import type { RuleBody } from './rule-draft.ts';

const DAY_MS = 86_400_000;
const DAYS = [1, 7, 30] as const;
const SHOWN = 10;

export function Preview({ body }: { body: () => RuleBody }): JSX.Element {
  const found = useSignal<AlarmRulePreviewView | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const isLooking = useSignal(false);
  const look = async (days: number): Promise<void> => {
    isLooking.value = true;
    const from = new Date(boxNowMs.peek() - days * DAY_MS).toISOString();
    const { value, refusal } = await ask(api['alarm-rules'].preview.$post({ json: { rule: body(), from } }));
    isLooking.value = false;
    found.value = value;
    refused.value = refusal;
  };
  return (
    <section class="section" aria-labelledby="rule-preview">
      <h3 id="rule-preview">{t('alarm.preview')}</h3>
      <div class="tools">
        {DAYS.map((days) => (
          <button
            key={days}
            type="button"
            class="toggle"
            disabled={isLooking.value}
            onClick={() => void look(days)}
          >
            {t('alarm.days', { count: days })}
          </button>
        ))}
      </div>
      <div role="status">{isLooking.value ? t('alarm.preview.looking') : null}</div>
      <Refused refusal={refused.value} />
      {found.value ? <Found of={found.value} /> : null}
    </section>
  );
}

function Found({ of }: { of: AlarmRulePreviewView }): JSX.Element {
  const at = (time: string): string => wholeTime(Date.parse(time), siteZone.value);
  return (
    <>
      <p>
        <strong>{t('alarm.preview.times', { count: of.times })}</strong>{' '}
        {of.times > 0 ? t('alarm.preview.inAll', { duration: duration(of.activeMs) }) : ''}
      </p>
      <p class="detail">{t('alarm.preview.readings', { count: of.readings, from: at(of.from) })}</p>
      {of.isBlind ? <Amiss words={t('alarm.preview.blind')} /> : null}
      {of.isCut ? <Amiss words={t('alarm.preview.cut')} /> : null}
      {of.problems.map(({ code, detail, said }) => (
        <p key={`${code} ${detail}`}>
          <Amiss words={sentence(detailWords({ detail, said }))} />
        </p>
      ))}
      <ul class="rows">
        {of.occurrences.slice(0, SHOWN).map(({ subject, subjectName, from, to, message, said }) => (
          <li key={`${subject} ${from}`} class="row">
            <span>{messageWords({ message, said })}</span>
            <time dateTime={from}>{at(from)}</time>
            <span class="why quiet">
              {subjectName},{' '}
              {to === undefined ? t('alarm.preview.still') : duration(Date.parse(to) - Date.parse(from))}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
