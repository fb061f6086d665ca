/** A connection tried step by step, where its settings are: what was found at each, and what to do. */

import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ConnectionView } from '../../shapes/connections.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Refused } from '../components.tsx';
import { StateIcon } from '../icons.tsx';
import { t } from '../texts.ts';
import { toldSentences } from '../told.ts';

/** Sections of the settings that are about a server of others. */
const OF_SECTION: Readonly<Record<string, ConnectionView['connection']>> = {
  mqtt: 'broker',
  influx: 'influx',
  centre: 'centre',
  notify: 'mail',
};

export function ConnectionTest(props: { section: string; hasSaved: boolean }): JSX.Element | null {
  const { section, hasSaved } = props;
  const name = OF_SECTION[section];
  const report = useSignal<ConnectionView | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const isBusy = useSignal(false);
  if (name === undefined) return null;
  const test = (saved: boolean): void => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    void ask(api.connections[':name'].test.$post({ param: { name }, json: { saved } })).then(
      ({ value, refusal }) => {
        isBusy.value = false;
        report.value = value;
        refused.value = refusal;
      },
    );
  };
  return (
    <div class="connection-test">
      <div class="tools">
        <button type="button" class="toggle" aria-disabled={isBusy.value} onClick={() => test(false)}>
          {t(isBusy.value ? 'settings.testing' : 'settings.test')}
        </button>
        {hasSaved ? (
          <button type="button" class="toggle" aria-disabled={isBusy.value} onClick={() => test(true)}>
            {t('settings.testSaved')}
          </button>
        ) : null}
      </div>
      <Refused refusal={refused.value} />
      <div role="status">{report.value ? <Steps report={report.value} /> : null}</div>
    </div>
  );
}

export function Steps({ report: { server, steps } }: { report: ConnectionView }): JSX.Element {
  return (
    <>
      <p class="mono">{server}</p>
      <ol class="test-steps">
        {steps.map(({ step, isOk, found, ...more }) => (
          <li key={step}>
            <strong>
              {isOk ? '✓ ' : <StateIcon mark="down" />} {t(`settings.step.${step}`)}
            </strong>
            <span>{toldSentences({ detail: found, ...more })}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
