/** One setting: its name, what it means, where its value came from, and a field for another one. */
import type { JSX } from 'preact';
import type { SettingView } from '../../shapes/settings.ts';
import { t } from '../texts.ts';
import { useTyped } from '../typed.ts';
import { described } from './described.ts';
import { change, changes, type Value } from './settings-state.ts';

export function SettingField({ setting }: { setting: SettingView }): JSX.Element {
  const { path, key, description, isFixed, source, next } = setting;
  const id = `set-${path}`;
  const isChanged = changes.value.has(path);
  const { text, lang } = described(path, description);
  return (
    <div class={`setting${isChanged || next ? ' changed' : ''}`}>
      <label for={id}>
        <strong class="mono">{key}</strong>
        {isChanged || next ? (
          <span class="chip">{t(isChanged ? 'settings.changed' : 'settings.saved')}</span>
        ) : null}
      </label>
      <p class="detail" id={`${id}-what`} lang={lang}>
        {coded(text)}
      </p>
      {isFixed ? <Fixed setting={setting} id={id} /> : <Field setting={setting} id={id} />}
      <p class="quiet" id={`${id}-from`}>
        {provenance(setting)} {bounds(setting)}
      </p>
      {isChanged ? (
        <button type="button" class="toggle" onClick={() => change(path, undefined)}>
          {t('settings.undo', { key })}
        </button>
      ) : source === 'pages' && !isFixed ? (
        <button type="button" class="toggle" onClick={() => change(path, null)}>
          {t('settings.giveBack', { key })}
        </button>
      ) : null}
    </div>
  );
}

/** What stands between backquotes, as it is to be written. */
function coded(text: string): (string | JSX.Element)[] {
  return text.split('`').map((part, at) => (at % 2 === 0 ? part : <code key={at}>{part}</code>));
}

function Fixed({ setting, id }: { setting: SettingView; id: string }): JSX.Element {
  return (
    <input
      id={id}
      class="mono"
      readOnly
      aria-describedby={`${id}-what ${id}-from`}
      value={setting.isSecret ? (setting.isSet ? '••••••••' : '') : shown(setting.value)}
    />
  );
}

function Field({ setting, id }: { setting: SettingView; id: string }): JSX.Element {
  const { path, type, choices = [], isSecret, isSet } = setting;
  const drafted = changes.value.get(path);
  const value = drafted === undefined ? inForce(setting) : drafted === null ? setting.beneath : drafted;
  const take = (next: Value | undefined): void =>
    change(path, next === undefined || same(next, inForce(setting)) ? undefined : next);
  const typed = useTyped(shown(value), (text) => take(read(setting, text)));
  const labelled = { id, 'aria-describedby': `${id}-what ${id}-from` };
  if (type === 'boolean' || type === 'choice') {
    const options = type === 'boolean' ? ['true', 'false'] : choices;
    return (
      <select
        {...labelled}
        value={String(value ?? '')}
        onChange={(event) => {
          const word = event.currentTarget.value;
          take(type === 'boolean' ? word === 'true' : word);
        }}
      >
        {value === undefined ? <option value="">{t('settings.unset')}</option> : null}
        {options.map((option) => (
          <option key={option} value={option}>
            {type === 'boolean' ? t(option === 'true' ? 'settings.on' : 'settings.off') : option}
          </option>
        ))}
      </select>
    );
  }
  if (isSecret) {
    return (
      <input
        {...labelled}
        type="password"
        autocomplete="new-password"
        placeholder={t(isSet ? 'settings.isSet' : 'settings.unset')}
        value={typeof drafted === 'string' ? drafted : ''}
        onInput={(event) => take(event.currentTarget.value || undefined)}
      />
    );
  }
  return (
    <input
      {...labelled}
      class="mono"
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
      {...(type === 'integer' || type === 'number' ? { inputMode: 'decimal' as const } : {})}
      placeholder={shown(setting.default ?? setting.example)}
      {...typed}
    />
  );
}

/** With what is saved and waits. */
function inForce({ value, next }: SettingView): Value | undefined {
  return next ? next.value : value;
}

function read({ type }: SettingView, text: string): Value | undefined {
  const word = text.trim();
  if (word === '') return undefined;
  if (type === 'list') return word.split(',').map((item) => item.trim());
  // What is no number is sent as it is: the box says what is wrong with it.
  return (type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : word;
}

function shown(value: Value | undefined): string {
  return value === undefined ? '' : Array.isArray(value) ? value.join(', ') : String(value);
}

function same(one: Value, other: Value | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function provenance({ source, where, isFixed, path }: SettingView): string {
  const from = t(`settings.from.${source}`, { where: where ?? '' });
  if (!isFixed) return from;
  const isOwn = path === 'store.dir' || path === 'store.key_file';
  return `${from} ${t(isOwn ? 'settings.notHere' : 'settings.fixed')}`;
}

function bounds({ type, minimum, maximum }: SettingView): string {
  if (type !== 'integer' || minimum === undefined) return '';
  return maximum === undefined
    ? t('settings.least', { minimum })
    : t('settings.between', { minimum, maximum });
}
