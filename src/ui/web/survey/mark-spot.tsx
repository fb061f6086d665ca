/** Marks where one stands: what it is called, and where on a plan or by the phone's position. */
import { type Signal, useSignal } from '@preact/signals';
import type { JSX, TargetedSubmitEvent } from 'preact';
import { api, ask, type Refusal } from '../call.ts';
import { Refused, Section } from '../components.tsx';
import { duration } from '../format.ts';
import { boxNowMs } from '../screen-clock.ts';
import { t } from '../texts.ts';
import { type Place, PlanChoice } from './plan.tsx';

interface MarkSpotProps {
  readonly devEui: string;
  /** Frames heard here so far. */
  readonly heard: number;
  readonly sinceMs: Signal<number>;
  /** The plan that is looked at. */
  readonly plan: Signal<string | undefined>;
  readonly marked: () => void;
}

const POSITION_MS = 20_000;

export function MarkSpot({ devEui, heard, sinceMs, plan, marked }: MarkSpotProps): JSX.Element {
  const place = useSignal<Place | undefined>(undefined);
  const position = useSignal<GeolocationCoordinates | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const said = useSignal('');
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    const text = (name: string): string => String(new FormData(form).get(name) ?? '').trim();
    if (text('label') === '') return form.querySelector('input')?.focus();
    const json = {
      ...{ device: devEui, label: text('label'), since: new Date(sinceMs.peek()).toISOString() },
      ...(text('note') === '' ? {} : { note: text('note') }),
      ...(place.value ? { plan: place.value } : {}),
      ...(position.value ? { position: positionOf(position.value) } : {}),
    };
    const { value, refusal } = await ask(api.survey.spots.$post({ json }));
    refused.value = refusal;
    said.value = value ? t('survey.marked', { label: value.label }) : '';
    if (!value) return;
    form.reset();
    place.value = undefined;
    position.value = undefined;
    marked();
  };
  const locate = (): void => {
    said.value = t('survey.locating');
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        position.value = coords;
        said.value = t('survey.located', { metres: Math.round(coords.accuracy) });
      },
      () => {
        said.value = t('survey.noPosition');
      },
      { enableHighAccuracy: true, timeout: POSITION_MS },
    );
  };
  return (
    <Section id="mark" title={t('survey.mark')}>
      <p class="lead">
        {t('survey.here', { count: heard, time: duration(Math.max(0, boxNowMs.value - sinceMs.value)) })}
      </p>
      <form class="entry" onSubmit={(event) => void submit(event)}>
        <div class="field">
          <label for="spot-label">{t('survey.label')}</label>
          <input id="spot-label" name="label" maxLength={100} autocomplete="off" />
        </div>
        <div class="field">
          <label for="spot-note">{t('survey.note')}</label>
          <input id="spot-note" name="note" maxLength={500} autocomplete="off" />
        </div>
        <PlanChoice plan={plan} place={place} />
        <Refused refusal={refused.value} />
        <p role="status">{said}</p>
        <div class="tools">
          <button type="submit" class="primary" disabled={heard === 0}>
            {t('survey.markButton')}
          </button>
          {window.isSecureContext ? (
            <button type="button" class="toggle" aria-pressed={position.value !== undefined} onClick={locate}>
              {t('survey.locate')}
            </button>
          ) : null}
          <button
            type="button"
            class="toggle"
            onClick={() => {
              sinceMs.value = boxNowMs.peek();
            }}
          >
            {t('survey.anew')}
          </button>
        </div>
      </form>
    </Section>
  );
}

function positionOf({ latitude, longitude, accuracy }: GeolocationCoordinates) {
  return { latitude, longitude, accuracyM: Math.round(accuracy) };
}
