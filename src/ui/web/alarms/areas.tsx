/** Areas under maintenance: their alarms are written down and make no noise until a time. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AlarmSuppressionView } from '../../shapes/alarms.ts';
import { maySetUp } from '../access.ts';
import { api, ask, type Refusal, tell } from '../call.ts';
import { Empty, Refused } from '../components.tsx';
import { wholeTime } from '../dates.ts';
import { areasOf } from '../devices/filter.ts';
import { boxNowMs } from '../screen-clock.ts';
import { devices, siteZone } from '../site.ts';
import { t } from '../texts.ts';
import { QUIET_HOURS } from './quiet-form.tsx';

const HOUR_MS = 3_600_000;

export function AreasAtWork(): JSX.Element {
  const list = useSignal<readonly AlarmSuppressionView[] | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const look = async (): Promise<void> => {
    const { value, refusal } = await ask(api['alarm-suppressions'].$get());
    refused.value = refusal;
    if (value) list.value = value.items;
  };
  useEffect(() => void look(), []);
  const end = async (area: string): Promise<void> => {
    const param = { area: encodeURIComponent(area) };
    refused.value = await tell(api['alarm-suppressions'][':area'].$delete({ param }));
    await look();
  };
  return (
    <>
      <p class="lead">{t('alarm.areas.lead')}</p>
      <Refused refusal={refused.value} />
      {list.value?.length === 0 ? <Empty hint={t('alarm.areas.none')} /> : null}
      <ul class="rows">
        {list.value?.map(({ area, by, reason, until }) => (
          <li key={area} class="row">
            <strong>{area}</strong>
            {maySetUp.value ? (
              <button type="button" class="toggle" onClick={() => void end(area)}>
                {t('alarm.areas.end')}
              </button>
            ) : (
              <span />
            )}
            <span class="why quiet">
              {t('alarm.areas.until', { until: wholeTime(Date.parse(until), siteZone.value), by })}{' '}
              {t('alarm.reason', { reason })}
            </span>
          </li>
        ))}
      </ul>
      {maySetUp.value ? <Begin done={look} /> : null}
    </>
  );
}

function Begin({ done }: { done: () => Promise<void> }): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const areas = areasOf(devices.value.map(({ value }) => value))
    .map(([area]) => area)
    .filter((area) => area !== '');
  const begin = async (form: FormData): Promise<void> => {
    const param = { area: encodeURIComponent(String(form.get('area'))) };
    const until = new Date(boxNowMs.value + Number(form.get('hours')) * HOUR_MS).toISOString();
    const json = { until, reason: String(form.get('reason')).trim() };
    refused.value = await tell(api['alarm-suppressions'][':area'].$put({ param, json }));
    if (!refused.value) await done();
  };
  if (areas.length === 0) return <p class="detail">{t('alarm.areas.noAreas')}</p>;
  return (
    <form
      class="entry"
      onSubmit={(event) => {
        event.preventDefault();
        void begin(new FormData(event.currentTarget));
      }}
    >
      <h3>{t('alarm.areas.begin')}</h3>
      <div class="field">
        <label for="work-area">{t('alarm.scope.area')}</label>
        <select id="work-area" name="area">
          {areas.map((area) => (
            <option key={area} value={area}>
              {area}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="work-hours">{t('alarm.howLong')}</label>
        <select id="work-hours" name="hours">
          {QUIET_HOURS.map((hours) => (
            <option key={hours} value={hours}>
              {t(`alarm.hours.${hours}`)}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="work-reason">{t('alarm.why')}</label>
        <input id="work-reason" name="reason" required maxLength={200} pattern=".*\S.*" autocomplete="off" />
      </div>
      <Refused refusal={refused.value} />
      <button type="submit" class="primary">
        {t('alarm.areas.start')}
      </button>
    </form>
  );
}
