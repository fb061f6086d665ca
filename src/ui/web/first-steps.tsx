/** What a new box still wants: three steps that tick themselves off as they happen. */

import { computed } from '@preact/signals';
import type { JSX } from 'preact';
import type { StatusView } from '../shapes/status.ts';
import { sentences } from './format.ts';
import { StateIcon } from './icons.tsx';
import { brokerUrl } from './parts.ts';
import { devices, gateways, readings } from './site.ts';
import { t } from './texts.ts';
import { detailWords } from './told.ts';

type Step = 'gateway' | 'device' | 'value';

const done = computed(
  (): Readonly<Record<Step, boolean>> => ({
    gateway: gateways.value.length > 0,
    device: devices.value.length > 0,
    value: readings.value.length > 0 || devices.value.some((device) => device.peek().last !== null),
  }),
);

/** Whether all steps are done. */
export const isBegun = computed(() => Object.values(done.value).every(Boolean));

export function FirstSteps({ status }: { status: StatusView }): JSX.Element {
  const steps: readonly Step[] = ['gateway', 'device', 'value'];
  const next = steps.find((step) => !done.value[step]);
  return (
    <section class="section" aria-labelledby="steps-title">
      <h3 class="group-title" id="steps-title">
        {t('steps.title')}
      </h3>
      <ol class="rows steps">
        {steps.map((step) => (
          <li key={step} class={`concern step ${done.value[step] ? 'state-ok' : 'state-connecting'}`}>
            <StateIcon mark={done.value[step] ? 'ok' : 'connecting'} />
            <div>
              <strong>{t(`steps.${step}`)}</strong>{' '}
              <span class="quiet">{t(done.value[step] ? 'steps.done' : 'steps.open')}</span>
              {step === next ? <p class="detail">{hintOf(step, status)}</p> : null}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function hintOf(step: Step, status: StatusView): string {
  if (step === 'gateway') return gatewayHint(status);
  return t(step === 'device' ? 'devices.emptyHint' : 'steps.valueHint');
}

/** What to do where no gateway has been heard: with the address to give to it, where there is one. */
export function gatewayHint(now: StatusView | undefined): string {
  const url = now && brokerUrl(now.broker, location.hostname);
  return url === undefined
    ? sentences(t('steps.gatewayHint'), now && detailWords(now.broker))
    : t('steps.gatewayAt', { url });
}
