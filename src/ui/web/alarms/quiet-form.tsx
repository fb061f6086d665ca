/** Keeps an alarm quiet: shelved until a time, or out of service until somebody returns it; with a reason either way. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { maySetUp } from '../access.ts';
import { api, type Refusal, tell } from '../call.ts';
import { Refused } from '../components.tsx';
import { boxNowMs } from '../screen-clock.ts';
import { t } from '../texts.ts';

const HOUR_MS = 3_600_000;
export const QUIET_HOURS = [1, 8, 24, 168] as const;

interface QuietFormProps {
  /** Of the alarm. */
  readonly id: string;
  readonly done: () => void;
}

export function QuietForm({ id, done }: QuietFormProps): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const keep = async (form: FormData): Promise<void> => {
    const param = { id: encodeURIComponent(id) };
    const reason = String(form.get('reason')).trim();
    const hours = Number(form.get('hours'));
    const one = api.alarms[':id'];
    const until = new Date(boxNowMs.value + hours * HOUR_MS).toISOString();
    refused.value = await tell(
      hours === 0
        ? one['out-of-service'].$post({ param, json: { reason } })
        : one.shelve.$post({ param, json: { reason, until } }),
    );
    if (!refused.value) done();
  };
  return (
    <form
      class="entry quiet-form"
      onSubmit={(event) => {
        event.preventDefault();
        void keep(new FormData(event.currentTarget));
      }}
    >
      <QuietFields id={id} />
      <Refused refusal={refused.value} />
      <button type="submit" class="primary">
        {t('alarm.keepQuiet')}
      </button>
    </form>
  );
}

function QuietFields({ id }: { id: string }): JSX.Element {
  return (
    <>
      <div class="field">
        <label for={`quiet-hours-${id}`}>{t('alarm.howLong')}</label>
        <select id={`quiet-hours-${id}`} name="hours">
          {QUIET_HOURS.map((hours) => (
            <option key={hours} value={hours}>
              {t(`alarm.hours.${hours}`)}
            </option>
          ))}
          {maySetUp.value ? <option value={0}>{t('alarm.hours.never')}</option> : null}
        </select>
      </div>
      <div class="field">
        <label for={`quiet-reason-${id}`}>{t('alarm.why')}</label>
        <input
          id={`quiet-reason-${id}`}
          name="reason"
          required
          maxLength={200}
          pattern=".*\S.*"
          autocomplete="off"
        />
      </div>
    </>
  );
}
