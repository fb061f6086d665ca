/** One thing that is set of a device. */
import type { JSX } from 'preact';

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly mono?: boolean;
  readonly disabled?: boolean;
  readonly placeholder?: string;
  /** Id of a list of what it often is. */
  readonly list?: string;
  readonly change?: (value: string) => void;
}

export function Field({ name, label, value = '', mono, change, ...rest }: FieldProps): JSX.Element {
  return (
    <div class="field">
      <label for={`setup-${name}`}>{label}</label>
      <input
        type="text"
        id={`setup-${name}`}
        name={name}
        class={mono ? 'mono' : ''}
        {...(change
          ? { value, onInput: ({ currentTarget }) => change(currentTarget.value) }
          : { defaultValue: value })}
        maxLength={100}
        autocapitalize={mono ? 'none' : 'sentences'}
        autocomplete="off"
        spellcheck={false}
        {...rest}
      />
    </div>
  );
}

export function Choice({
  name,
  label,
  value,
  options,
  disabled,
  change,
}: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  /** Value and what it is called. */
  readonly options: readonly (readonly [string, string])[];
  readonly disabled: boolean;
  readonly change: (value: string) => void;
}): JSX.Element {
  const all = options.some(([one]) => one === value) ? options : [...options, [value, value] as const];
  return (
    <div class="field">
      <label for={`setup-${name}`}>{label}</label>
      <select
        id={`setup-${name}`}
        name={name}
        disabled={disabled}
        onChange={({ currentTarget }) => change(currentTarget.value)}
      >
        {all.map(([one, called]) => (
          <option key={one} value={one} selected={one === value}>
            {called}
          </option>
        ))}
      </select>
    </div>
  );
}
