/** Why a device is silent, in one sentence, with what to do; nothing where all is well. */
import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { SilenceView } from '../shapes/silence.ts';
import { api, ask } from './call.ts';
import { sentences } from './format.ts';
import { StateIcon } from './icons.tsx';
import { boxNowMs } from './screen-clock.ts';
import { connection, status, unknownDevices } from './site.ts';
import { t } from './texts.ts';
import { detailWords } from './told.ts';
import { adviceWords, verdictWords } from './why-words.ts';

/** How often the box is asked anew: the ages in its sentence go on. */
const EVERY_MS = 15_000;

/** `newest` changes with each reading. */
export function Why({
  devEui,
  newest,
}: {
  devEui: string;
  newest: ReadonlySignal<string | undefined>;
}): JSX.Element {
  const verdict = useSignal<SilenceView | undefined>(undefined);
  const turn = useComputed(() => Math.floor(boxNowMs.value / EVERY_MS));
  useSignalEffect(() => {
    void newest.value;
    void turn.value;
    void unknownDevices.value;
    ask(api.devices[':devEui'].silence.$get({ param: { devEui } })).then(
      ({ value }) => {
        verdict.value = value;
      },
      () => {},
    );
  });
  const now = verdict.value;
  const silent = now?.silent;
  const advice = now && adviceWords(now);
  const isWorthSaying = connection.value !== 'lost' && (silent === true || advice !== undefined);
  return (
    <div class="why-silent" role="status">
      {isWorthSaying ? (
        <div class={silent ? 'hint note why-note' : 'hint why-note'}>
          {silent ? <StateIcon mark="degraded" /> : null}
          <div>
            <h3>{t(silent ? 'why.silent' : 'why.heard')}</h3>
            <p>
              {now ? sentences(verdictWords(now, status.value && detailWords(status.value.broker))) : null}
            </p>
            {advice === undefined ? null : <p class="detail">{advice}</p>}
          </div>
        </div>
      ) : null}
    </div>
  );
}
