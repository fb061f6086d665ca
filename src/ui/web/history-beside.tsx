/** Beside the charts: other devices on the same sheet, and what else happened in the time looked at, in words. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { dayOf, timeOfDay } from './dates.ts';
import { DASHES, type Mark } from './history-data.ts';
import type { HistoryState } from './history-state.ts';
import { devices, siteZone } from './site.ts';
import { t } from './texts.ts';
import { messageWords } from './told.ts';

/** Other devices at once: as many as lines can be told apart. */
const MOST = DASHES.length;

interface OthersProps {
  readonly devEui: string;
  readonly others: HistoryState['others'];
}

/** Chooses the other devices whose values are drawn into the same charts. */
export function Others({ devEui, others }: OthersProps): JSX.Element | null {
  const text = useSignal('');
  const chosen = others.value;
  const known = devices.value.map((each) => each.value);
  const free = known.filter((one) => one.devEui !== devEui && !chosen.includes(one.devEui));
  const take = (name: string): void => {
    text.value = name;
    const found = free.find((one) => labelOf(one) === name);
    if (!found) return;
    others.value = [...chosen, found.devEui];
    text.value = '';
  };
  if (known.length < 2) return null;
  return (
    <div class="tools beside">
      {chosen.map((one) => (
        <button
          key={one}
          type="button"
          class="toggle"
          aria-pressed={true}
          onClick={() => {
            others.value = chosen.filter((other) => other !== one);
          }}
        >
          {t('history.without', { name: known.find(({ devEui: of }) => of === one)?.name ?? one })}
        </button>
      ))}
      {chosen.length < MOST ? (
        <div class="field">
          <label for="history-other">{t('history.compare')}</label>
          <input
            id="history-other"
            list="history-others"
            autocomplete="off"
            value={text.value}
            onInput={({ currentTarget }) => take(currentTarget.value)}
          />
          <datalist id="history-others">
            {free.map((one) => (
              <option key={one.devEui} value={labelOf(one)} />
            ))}
          </datalist>
        </div>
      ) : null}
    </div>
  );
}

function labelOf({ name, devEui }: { readonly name: string; readonly devEui: string }): string {
  return name === devEui ? name : `${name} (${devEui})`;
}

/** What the signs at the foot of the charts say. */
export function Marks({ marks }: { marks: readonly Mark[] }): JSX.Element | null {
  if (marks.length === 0) return null;
  return (
    <details class="marks">
      <summary>{t('history.marks', { count: marks.length })}</summary>
      <ul class="rows">
        {[...marks].reverse().map((mark) => (
          <li key={`${mark.kind}${mark.fromMs}${mark.step ?? mark.message ?? ''}`} class="detail">
            {timesOf(mark)} {wordsOf(mark)}
          </li>
        ))}
      </ul>
    </details>
  );
}

function timesOf({ fromMs, toMs }: Mark): string {
  const zone = siteZone.value;
  const from = `${dayOf(fromMs, zone)} ${timeOfDay(fromMs, zone)}`;
  if (fromMs === toMs) return from;
  const day = dayOf(toMs, zone);
  return `${from} – ${day === dayOf(fromMs, zone) ? '' : `${day} `}${timeOfDay(toMs, zone)}`;
}

function wordsOf({ kind, step, count, message = '', said }: Mark): string {
  if (kind === 'downlink')
    return t('history.mark.downlink', { step: step === undefined ? '' : t(`downlinks.${step}`) });
  if (kind === 'join') return t('history.mark.join');
  if (kind === 'alarm') return t('history.mark.alarm', { message: messageWords({ message, said }) });
  return t(`history.mark.${kind}`, { count });
}
