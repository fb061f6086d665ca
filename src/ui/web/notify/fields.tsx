/** What the forms of people, groups and routes are made of: a line, a choice of one, of several, and rows that are added and taken out. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { maySetUp } from '../access.ts';
import { Check, FormLine, FormPick, type LineProps, type Options, type PickProps } from '../form-fields.tsx';

export { Check, type Options };

export function Line(props: LineProps): JSX.Element {
  return <FormLine of="notify" {...props} />;
}

export function Pick(props: PickProps): JSX.Element {
  return <FormPick of="notify" {...props} />;
}

interface ChecksProps {
  readonly name: string;
  readonly legend: string;
  readonly options: Options;
  readonly chosen: readonly string[];
  /** Where there is nothing to choose from. */
  readonly none: string;
}

/** Any number of them. What was chosen and is no longer offered stays. */
export function Checks({ name, legend, options, chosen, none }: ChecksProps): JSX.Element {
  const gone = chosen.filter((one) => !options.some(([value]) => value === one));
  const offered: Options = [...options, ...gone.map((one) => [one, one] as const)];
  return (
    <fieldset class="bare checks">
      <legend>{legend}</legend>
      {offered.length === 0 ? <p class="quiet">{none}</p> : null}
      {offered.map(([value, words]) => (
        <label class="check" key={value}>
          <input type="checkbox" name={name} value={value} defaultChecked={chosen.includes(value)} />
          {words}
        </label>
      ))}
    </fieldset>
  );
}

interface RowsProps<T> {
  /** The key of each row is sent under it, and stands in the names of the row's fields. */
  readonly name: string;
  readonly legend: string;
  readonly hint?: string;
  readonly items: readonly T[];
  readonly most: number;
  readonly add: string;
  /** In words: takes out the row with this number. */
  readonly takeOut: (n: number) => string;
  readonly draw: (prefix: string, item: T | undefined) => ComponentChildren;
}

export function Rows<T>(props: RowsProps<T>): JSX.Element {
  const { name, legend, hint, items, most, add, takeOut, draw } = props;
  const keys = useSignal<readonly number[]>(items.map((_, key) => key));
  const next = useSignal(items.length);
  return (
    <fieldset class="bare">
      <legend>{legend}</legend>
      {hint === undefined ? null : <p class="quiet">{hint}</p>}
      {keys.value.map((key, at) => (
        <div class="entry-row" key={key}>
          <input type="hidden" name={name} value={key} />
          {draw(`${name}-${key}`, items[key])}
          {maySetUp.value ? (
            <button
              type="button"
              class="toggle"
              onClick={({ currentTarget }) => {
                currentTarget.form?.dispatchEvent(new Event('input'));
                keys.value = keys.value.filter((one) => one !== key);
              }}
            >
              {takeOut(at + 1)}
            </button>
          ) : null}
        </div>
      ))}
      {maySetUp.value && keys.value.length < most ? (
        <div class="tools">
          <button
            type="button"
            class="toggle"
            onClick={() => {
              keys.value = [...keys.value, next.value];
              next.value += 1;
            }}
          >
            {add}
          </button>
        </div>
      ) : null}
    </fieldset>
  );
}
