/** How a device that was added comes in: heard, key fits, accepted, first value; live, with what is wrong in between. */
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { DeviceView } from '../shapes/devices.ts';
import type { SilenceView } from '../shapes/silence.ts';
import { api, ask } from './call.ts';
import { StateIcon } from './icons.tsx';
import { LADDER, rungsOf } from './new-device.ts';
import { hrefOf } from './page.ts';
import { boxNowMs } from './screen-clock.ts';
import { devices, happening, unknownDevices } from './site.ts';
import { t } from './texts.ts';
import { Why } from './why.tsx';

/** How often the box is asked while somebody waits beside the device. */
const EVERY_MS = 3_000;

export function AddLadder({ devEui, again }: { devEui: string; again: () => void }): JSX.Element {
  const device = useSignal<DeviceView | undefined>(undefined);
  const verdict = useSignal<SilenceView | undefined>(undefined);
  const listed = useComputed(() => devices.value.find(({ value }) => value.devEui === devEui)?.value);
  const newest = useComputed(() => listed.value?.last?.id);
  const turn = useComputed(() => Math.floor(boxNowMs.value / EVERY_MS));
  useSignalEffect(() => {
    void turn.value;
    void newest.value;
    void happening.value;
    const param = { devEui };
    Promise.all([
      ask(api.devices[':devEui'].$get({ param, query: {} })),
      ask(api.devices[':devEui'].silence.$get({ param })),
    ]).then(
      ([found, why]) => {
        device.value = found.value ?? device.value;
        verdict.value = why.value ?? verdict.value;
      },
      () => {},
    );
  });
  const known = device.value ?? listed.value;
  const knocks = unknownDevices.value.some((one) => one.devEui === devEui);
  const rungs = rungsOf(known, verdict.value, knocks);
  const next = LADDER.find((rung) => !rungs[rung]);
  return (
    <>
      <h3>{known?.name ?? devEui}</h3>
      <ol class="ladder" aria-live="polite">
        {LADDER.map((rung) => (
          <li key={rung} class={rungs[rung] ? 'rung done' : 'rung'}>
            <StateIcon mark={rungs[rung] ? 'ok' : 'connecting'} />
            <span>
              {t(`add.rung.${rung}`)}
              <span class="spoken"> {t(rungs[rung] ? 'add.rungDone' : 'add.rungWaits')}</span>
            </span>
            {rung === next ? <span class="detail">{t(`add.wait.${rung}`)}</span> : null}
          </li>
        ))}
      </ol>
      {next ? <Why devEui={devEui} newest={newest} /> : null}
      <div class="tools">
        <button type="button" class="primary" onClick={again}>
          {t('add.nextDevice')}
        </button>
        {known?.keyMissing ? (
          <a class="toggle" href={hrefOf('add', devEui)} onClick={again}>
            {t('add.enterKey')}
          </a>
        ) : null}
        <a class="toggle" href={hrefOf('device', devEui)}>
          {t('add.open')}
        </a>
      </div>
    </>
  );
}
