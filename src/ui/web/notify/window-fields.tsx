/** Spans of the week in a form: rows of days and two times. */
import type { JSX } from 'preact';
import { t } from '../texts.ts';
import { Line, type Options, Pick, Rows } from './fields.tsx';
import { MOST_WINDOWS } from './person-draft.ts';
import { NEW_WINDOW, WINDOW_DAYS, windowRowOf } from './windows.ts';

interface WindowsProps {
  readonly name: string;
  readonly legend: string;
  readonly hint: string;
  readonly windows: readonly string[];
}

export function Windows({ name, legend, hint, windows }: WindowsProps): JSX.Element {
  return (
    <Rows
      {...{ name, legend, hint, items: windows, most: MOST_WINDOWS }}
      add={t('notify.window.add')}
      takeOut={(n) => t('notify.window.remove', { n })}
      draw={(prefix, window) => <WindowRow prefix={prefix} window={window} />}
    />
  );
}

function WindowRow({ prefix, window }: { prefix: string; window: string | undefined }): JSX.Element {
  const { days, from, to } = window === undefined ? NEW_WINDOW : windowRowOf(window);
  const options: Options = WINDOW_DAYS.map((one) => [one, t(`notify.days.${one}`)]);
  return (
    <div class="field-row">
      <Pick
        name={`${prefix}-days`}
        label={t('notify.window.days')}
        value={days === '' ? 'every' : days}
        options={options}
      />
      <Line name={`${prefix}-from`} label={t('notify.window.from')} type="time" value={from} isRequired />
      <Line name={`${prefix}-to`} label={t('notify.window.to')} type="time" value={to} isRequired />
    </div>
  );
}
