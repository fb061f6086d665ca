/** The spots of the survey, the best first, to be compared, and to be taken along. */
import { type ReadonlySignal, type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SurveySpotView } from '../../shapes/survey.ts';
import { mayOperate, maySetUp } from '../access.ts';
import { api, ask, tell } from '../call.ts';
import { ConfirmButton, Empty, Section } from '../components.tsx';
import { moment } from '../dates.ts';
import { decibel, marginBars } from '../format.ts';
import { SignalIcon } from '../icons.tsx';
import { gateways, siteZone, today } from '../site.ts';
import { t } from '../texts.ts';
import { PlanPicture } from './plan.tsx';

interface SpotsProps {
  /** Another number when they are to be fetched again. */
  readonly changed: number;
  readonly plan: ReadonlySignal<string | undefined> | undefined;
}

export function Spots({ changed, plan }: SpotsProps): JSX.Element {
  const spots = useSignal<readonly SurveySpotView[] | undefined>(undefined);
  useEffect(() => void fetchInto(spots), [changed]);
  const list = (spots.value ?? []).toSorted((a, b) => b.marginDb - a.marginDb);
  const remove = async (id: string): Promise<void> => {
    const refusal = await tell(api.survey.spots[':id'].$delete({ param: { id } }));
    if (!refusal) await fetchInto(spots);
  };
  return (
    <Section id="spots" title={t('survey.spots')} count={list.length}>
      {plan?.value === undefined ? null : (
        <PlanPicture name={plan.value} spots={list.filter((spot) => spot.plan?.name === plan.value)} />
      )}
      {list.length === 0 ? (
        <Empty hint={t(spots.value ? 'survey.none' : 'page.loading')} />
      ) : (
        <ul class="rows">
          {list.map((spot) => (
            <Spot key={spot.id} spot={spot} remove={() => void remove(spot.id)} />
          ))}
        </ul>
      )}
      {list.length > 0 && mayOperate.value ? (
        <div class="tools">
          <a class="toggle" href="/api/v1/survey/spots/export" download>
            {t('survey.csv')}
          </a>
        </div>
      ) : null}
    </Section>
  );
}

async function fetchInto(spots: Signal<readonly SurveySpotView[] | undefined>): Promise<void> {
  const { value } = await ask(api.survey.spots.$get({}));
  if (value) spots.value = value.items;
}

function Spot({ spot, remove }: { spot: SurveySpotView; remove: () => void }): JSX.Element {
  const { label, time, deviceName, heard, missed, marginDb, leastMarginDb, gatewayId, note, position } = spot;
  const gateway = gateways.value.find((one) => one.gatewayId === gatewayId)?.name ?? gatewayId;
  return (
    <li class="row spot">
      <strong>{label}</strong>
      <span class="margin">
        <SignalIcon bars={marginBars(marginDb)} />{' '}
        <span class="number">{t('survey.median', { margin: decibel(marginDb) })}</span>
      </span>
      <span class="why">
        {t('survey.least', { margin: decibel(leastMarginDb) })} · {t('survey.frames', { count: heard })}
        {missed > 0 ? ` · ${t('survey.missed', { count: missed })}` : ''} · {gateway} · {deviceName} ·{' '}
        {moment(Date.parse(time), today.value, siteZone.value)}
        {position ? ` · ${position.latitude.toFixed(5)}, ${position.longitude.toFixed(5)}` : ''}
        {note === undefined ? '' : ` · ${note}`}
      </span>
      {maySetUp.value ? <ConfirmButton label={t('survey.remove')} act={remove} /> : null}
    </li>
  );
}
