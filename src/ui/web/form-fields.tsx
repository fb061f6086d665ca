/** What the forms of rules, people, routes and devices are made of: a line, a choice of one, a tick. `of`: the form, in front of its ids. */
import type { JSX } from 'preact';

export type Options = readonly (readonly [value: string, words: string])[];

export interface LineProps {
  readonly name: string;
  readonly label: string;
  readonly value?: string | undefined;
  readonly type?: 'text' | 'email' | 'number' | 'time';
  readonly isRequired?: boolean | undefined;
  readonly min?: number;
  /** Of a number; of other text how many characters. */
  readonly max?: number;
  readonly step?: number | 'any';
  readonly list?: string | undefined;
  readonly hint?: string;
}

export function FormLine({ of, ...props }: LineProps & { readonly of: string }): JSX.Element {
  const { name, label, value = '', type = 'text', isRequired, min, max, step = 1, list, hint } = props;
  const id = `${of}-${name}`;
  const inputMode = step === 'any' ? 'decimal' : 'numeric';
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...{ id, name, type, defaultValue: value, required: isRequired, autocomplete: 'off' }}
        {...(type === 'number' ? { min, max, step, inputMode } : { maxLength: max ?? 254 })}
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

export interface PickProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly options: Options;
  readonly disabled?: boolean;
  readonly change?: (value: string) => void;
}

/** What stands there and is no longer offered stays. */
export function FormPick({ of, ...props }: PickProps & { readonly of: string }): JSX.Element {
  const { name, label, value, options, disabled, change } = props;
  const id = `${of}-${name}`;
  const isOffered = value === '' || options.some(([one]) => one === value);
  const offered: Options = isOffered ? options : [...options, [value, value]];
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select {...{ id, name, disabled }} onChange={({ currentTarget }) => change?.(currentTarget.value)}>
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
