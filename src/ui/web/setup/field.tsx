/** One thing that is set of a device. */
import type { JSX } from 'preact';
import { FormPick, type PickProps } from '../form-fields.tsx';

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

export function Choice(props: PickProps): JSX.Element {
  return <FormPick of="setup" {...props} />;
}
