/** Floor plans: one is chosen or put on the box, touched where one stands, and shows the spots marked on it. */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { SurveySpotView } from '../../shapes/survey.ts';
import { api, ask } from '../call.ts';
import { decibel } from '../format.ts';
import { PictureInput, pictureUrl } from '../pictures.tsx';
import { t } from '../texts.ts';
import { useTyped } from '../typed.ts';
import { gradeOf } from './margins.ts';
import { planName } from './plan-name.ts';

/** On a plan: shares of its width and height from the upper left. */
export interface Place {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

interface PlanChoiceProps {
  readonly plan: Signal<string | undefined>;
  readonly place: Signal<Place | undefined>;
}

export function PlanChoice({ plan, place }: PlanChoiceProps): JSX.Element {
  const names = useSignal<readonly string[]>([]);
  const typed = useSignal('');
  const fetchNames = async (): Promise<void> => {
    const { value } = await ask(api.pictures.$get({ query: { kind: 'plan' } }));
    names.value = (value?.items ?? []).map(({ of }) => of);
  };
  useSignalEffect(() => void fetchNames());
  const added = planName(typed.value);
  const choose = (name: string | undefined): void => {
    plan.value = name;
    place.value = undefined;
  };
  return (
    <>
      {names.value.length === 0 ? null : (
        <div class="field">
          <label for="spot-plan">{t('survey.plan')}</label>
          <select
            id="spot-plan"
            value={plan.value ?? ''}
            onChange={({ currentTarget }) => choose(currentTarget.value || undefined)}
          >
            <option value="">{t('survey.noPlan')}</option>
            {names.value.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </div>
      )}
      {plan.value === undefined ? null : <Pointer name={plan.value} place={place} />}
      <details>
        <summary>{t('survey.planAdd')}</summary>
        <div class="field">
          <label for="spot-new-plan">{t('survey.planName')}</label>
          <input
            id="spot-new-plan"
            maxLength={64}
            autocomplete="off"
            value={typed}
            onInput={({ currentTarget }) => {
              typed.value = currentTarget.value;
            }}
          />
        </div>
        {added === '' ? null : (
          <PictureInput
            kind="plan"
            of={added}
            label={t('survey.planAdd')}
            stored={() => {
              typed.value = '';
              void fetchNames().then(() => choose(added));
            }}
          />
        )}
      </details>
    </>
  );
}

/** The plan to be touched; without a finger or a mouse, two numbers do the same. */
function Pointer({ name, place }: { name: string; place: Signal<Place | undefined> }): JSX.Element {
  const { x = 0.5, y = 0.5 } = place.value ?? {};
  const percent = (share: number): string => String(Math.round(share * 100));
  const take = (axis: 'x' | 'y', text: string): void => {
    const share = Math.min(1, Math.max(0, Number(text) / 100));
    if (!Number.isNaN(share)) place.value = { name, x, y, [axis]: share };
  };
  const across = useTyped(place.value ? percent(x) : '', (text) => take('x', text));
  const down = useTyped(place.value ? percent(y) : '', (text) => take('y', text));
  return (
    <>
      <p class="detail">{t('survey.planHint')}</p>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the numbers below do the same by keyboard */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the numbers below do the same by keyboard */}
      <div
        class="plan"
        onClick={(event) => {
          const { clientLeft, clientTop, clientWidth, clientHeight } = event.currentTarget;
          const { left, top } = event.currentTarget.getBoundingClientRect();
          const share = (at: number, length: number) =>
            Math.round(Math.min(1, Math.max(0, at / length)) * 1e4) / 1e4;
          place.value = {
            name,
            x: share(event.clientX - left - clientLeft, clientWidth),
            y: share(event.clientY - top - clientTop, clientHeight),
          };
        }}
      >
        <img src={pictureUrl('plan', name)} alt={name} />
        {place.value ? <Pin x={x} y={y} text="" /> : null}
      </div>
      <div class="tools">
        <label class="percent">
          {t('survey.planAcross')}
          <input type="number" min={0} max={100} {...across} />
        </label>
        <label class="percent">
          {t('survey.planDown')}
          <input type="number" min={0} max={100} {...down} />
        </label>
      </div>
    </>
  );
}

function Pin({
  x,
  y,
  text,
  grade = '',
}: {
  x: number;
  y: number;
  text: string;
  grade?: string;
}): JSX.Element {
  return (
    <span class={`pin ${grade}`} style={{ left: `${x * 100}%`, top: `${y * 100}%` }}>
      {text}
    </span>
  );
}

/** A plan with what was marked on it. */
export function PlanPicture({
  name,
  spots,
}: {
  name: string;
  spots: readonly SurveySpotView[];
}): JSX.Element {
  return (
    <div class="plan" role="img" aria-label={t('survey.planSpots', { name, count: spots.length })}>
      <img src={pictureUrl('plan', name)} alt="" />
      {spots.map(({ id, plan, marginDb }) =>
        plan ? (
          <Pin key={id} x={plan.x} y={plan.y} text={decibel(marginDb)} grade={gradeOf(marginDb)} />
        ) : null,
      )}
    </div>
  );
}
