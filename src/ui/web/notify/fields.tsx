/** What the forms of people, groups and routes are made of: a line, a choice of one, of several, and rows that are added and taken out. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { maySetUp } from '../access.ts';

export type Options = readonly (readonly [value: string, words: string])[];

interface LineProps {
  readonly name: string;
  readonly label: string;
  readonly value?: string | undefined;
  readonly type?: 'text' | 'email' | 'number' | 'time';
  readonly isRequired?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly list?: string;
  readonly hint?: string;
}

export function Line(props: LineProps): JSX.Element {
  const { name, label, value = '', type = 'text', isRequired, min, max, list, hint } = props;
  const id = `notify-${name}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...{ id, name, type, defaultValue: value, required: isRequired, autocomplete: 'off' }}
        {...(type === 'number' ? { min, max, step: 1, inputMode: 'numeric' } : { maxLength: max ?? 254 })}
        {...(list === undefined ? {} : { list })}
        {...(hint === undefined ? {} : { 'aria-describedby': `${id}-hint` })}
      />
      {hint === undefined ? null : (
        <p class="quiet" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface PickProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly options: Options;
  readonly change?: (value: string) => void;
}

/** What stands there and is no longer offered stays. */
export function Pick({ name, label, value, options, change }: PickProps): JSX.Element {
  const id = `notify-${name}`;
  const isOffered = value === '' || options.some(([one]) => one === value);
  const offered: Options = isOffered ? options : [...options, [value, value]];
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} onChange={({ currentTarget }) => change?.(currentTarget.value)}>
        {offered.map(([one, words]) => (
          <option key={one} value={one} selected={one === value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Check({ name, label, isOn }: { name: string; label: string; isOn: boolean }): JSX.Element {
  return (
    <label class="check">
      <input type="checkbox" name={name} defaultChecked={isOn} />
      {label}
    </label>
  );
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
