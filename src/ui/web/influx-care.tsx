/** What the InfluxDB card has of its own: whether delivered readings are still there, and the log written again, with its progress. */

import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import type { InfluxView, RewindView } from '../shapes/status.ts';
import { maySetUp } from './access.ts';
import { api, ask, type Outcome, type Refusal } from './call.ts';
import { Ago, ConfirmButton, Refused } from './components.tsx';
import { moment, wholeTime, withMoments } from './dates.ts';
import { sentence } from './format.ts';
import { boxNowMs } from './screen-clock.ts';
import { siteZone, status, today } from './site.ts';
import { t } from './texts.ts';
import { detailWords } from './told.ts';

const HOUR_MS = 3_600_000;
const SPANS_MS = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS, month: 30 * 24 * HOUR_MS };
type Span = keyof typeof SPANS_MS;

const when = (time: string): string => wholeTime(Date.parse(time), siteZone.value);

interface InfluxCareProps {
  readonly influx: InfluxView;
  /** Of the oldest record of the log. */
  readonly oldest: string | undefined;
}

export function InfluxCare({ influx, oldest }: InfluxCareProps): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const take = async (asked: Promise<Outcome<RewindView>>): Promise<void> => {
    const { value: rewind, refusal } = await asked;
    refused.value = refusal;
    const now = status.value;
    if (rewind && now) status.value = { ...now, influx: { ...now.influx, rewind } };
  };
  const begin = (from: string): void =>
    void take(ask(api.influx.rewind.$post({ json: { from } }))).catch(() => {});
  const end = (): void => void take(ask(api.influx.rewind.cancel.$post())).catch(() => {});
  const { rewind } = influx;
  const isRunning = rewind?.state === 'running';
  return (
    <div class="care">
      <Finding influx={influx} />
      {rewind ? <Progress rewind={rewind} /> : null}
      {refused.value ? <Refused refusal={refused.value} /> : null}
      {maySetUp.value && isRunning ? <ConfirmButton label={t('rewind.end')} act={end} /> : null}
      {maySetUp.value && !isRunning ? (
        <Again suggested={influx.check?.rewindFrom} oldest={oldest} begin={begin} />
      ) : null}
    </div>
  );
}

/** What looking up delivered readings found, where the card does not say it already. */
function Finding({ influx: { check, detail } }: { influx: InfluxView }): ComponentChildren {
  if (!check || check.state === 'nothing') return null;
  if (check.state === 'complete') {
    return (
      <p class="detail">
        {t('rewind.complete', { count: check.looked })} <Ago time={check.checked} />
      </p>
    );
  }
  if (detail.includes(check.detail)) return null;
  return (
    <p class={check.state === 'missing' ? 'hint' : 'detail'}>
      {sentence(withMoments(detailWords(check), today.value, siteZone.value))}
    </p>
  );
}

function Progress({ rewind }: { rewind: RewindView }): JSX.Element {
  const { state, from, share, written, tooOld, refused, quarantined, gone } = rewind;
  const { ended, logFrom, reason, said } = rewind;
  const left = tooOld + refused + quarantined + gone;
  const percent = Math.floor(share * 100);
  return (
    <>
      {state === 'running' ? (
        <progress class="progress" max={1} value={share} aria-label={t('rewind.progress')} />
      ) : null}
      <p class={state === 'stopped' ? 'hint' : 'detail'}>
        {t(`rewind.${state}`, { from: when(from), percent })} {t('rewind.written', { count: written })}
        {left > 0 ? ` ${t('rewind.left', { tooOld, refused, quarantined, gone })}` : ''}
        {logFrom === undefined ? '' : ` ${t('rewind.logFrom', { time: when(logFrom) })}`}
        {reason === undefined ? '' : ` ${sentence(detailWords({ detail: reason, said }))}`}{' '}
        {ended === undefined ? null : <Ago time={ended} />}
      </p>
    </>
  );
}

interface AgainProps {
  readonly suggested: string | undefined;
  readonly oldest: string | undefined;
  readonly begin: (from: string) => void;
}

/** From when on is chosen, not typed: nobody has to think of time zones, and too early does no harm. */
function Again({ suggested, oldest, begin }: AgainProps): JSX.Element {
  const isOpen = useSignal(false);
  const chosen = useSignal<string | undefined>(undefined);
  const value = chosen.value ?? (suggested === undefined ? 'day' : 'suggested');
  const fromOf = (name: string): string => {
    if (name === 'suggested' && suggested !== undefined) return suggested;
    if (name === 'all') return oldest ?? new Date(0).toISOString();
    return new Date(boxNowMs.value - (SPANS_MS[name as Span] ?? SPANS_MS.day)).toISOString();
  };
  return (
    <details
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>{t('rewind.title')}</summary>
      {isOpen.value ? (
        <>
          <label>
            {t('rewind.from')}
            <select
              value={value}
              onChange={(event) => {
                chosen.value = event.currentTarget.value;
              }}
            >
              {suggested === undefined ? null : (
                <option value="suggested">
                  {t('rewind.suggested', {
                    time: moment(Date.parse(suggested), today.value, siteZone.value),
                  })}
                </option>
              )}
              {(['hour', 'day', 'week', 'month', 'all'] as const).map((name) => (
                <option key={name} value={name}>
                  {t(`rewind.span.${name}`)}
                </option>
              ))}
            </select>
          </label>
          <p class="detail">{t('rewind.warning')}</p>
          <ConfirmButton label={t('rewind.begin')} act={() => begin(fromOf(value))} />
        </>
      ) : null}
    </details>
  );
}
