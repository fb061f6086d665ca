/** The way in: the claim of a new box, and the login. Nothing of the site shows before. */

import { useSignal } from '@preact/signals';
import type { JSX, TargetedSubmitEvent } from 'preact';
import { access, claim, claiming, login } from './access.ts';
import { api, ask, type Refusal } from './call.ts';
import { StateIcon } from './icons.tsx';
import { hrefOf } from './routes.ts';
import { type TextKey, t } from './texts.ts';
import { refusedWords } from './told.ts';

export function Login({ kind }: { kind: 'claim' | 'login' }): JSX.Element {
  const now = access.value;
  return (
    <main class="entrance">
      <h1>WebSCADA Edge</h1>
      <p class="quiet mono">{location.host}</p>
      {kind === 'claim' ? <ClaimForm /> : <LoginForm />}
      {now?.claimed && now.claimPending ? (
        <button
          type="button"
          class="toggle"
          onClick={() => {
            claiming.value = kind === 'login';
          }}
        >
          {t(kind === 'login' ? 'claim.have' : 'claim.back')}
        </button>
      ) : null}
      {now?.fingerprint === undefined ? null : (
        <details class="fingerprint">
          <summary>{t('tls.title')}</summary>
          <p>{t('tls.hint')}</p>
          <p class="mono print">{now.fingerprint}</p>
        </details>
      )}
    </main>
  );
}

function ClaimForm(): JSX.Element {
  return (
    <EntryForm
      title="claim.title"
      lead="claim.lead"
      button="claim.button"
      send={(given) => claimNew(given('code'), given('name'), given('password'))}
    >
      <Field name="code" label="claim.code" placeholder="XXXX-XXXX" autocomplete="one-time-code" code />
      <Field name="name" label="claim.name" autocomplete="username" />
      <Field
        name="password"
        label="claim.password"
        hint="claim.passwordHint"
        autocomplete="new-password"
        secret
      />
    </EntryForm>
  );
}

/** A box without devices has something to see to first. */
async function claimNew(code: string, name: string, password: string): Promise<Refusal | undefined> {
  const refusal = await claim(code, name, password);
  if (refusal) return refusal;
  const { value } = await ask(api.devices.$get({ query: { limit: '1' } }));
  if (value?.items.length === 0) location.hash = hrefOf('start');
  return undefined;
}

function LoginForm(): JSX.Element {
  return (
    <EntryForm
      title="login.title"
      button="login.button"
      send={(given) => login(given('name'), given('password'))}
    >
      <Field name="name" label="login.name" autocomplete="username" />
      <Field name="password" label="login.password" autocomplete="current-password" secret />
    </EntryForm>
  );
}

interface EntryFormProps {
  readonly title: TextKey;
  readonly lead?: TextKey;
  readonly button: TextKey;
  readonly send: (given: (name: string) => string) => Promise<Refusal | undefined>;
  readonly children: JSX.Element[];
}

function EntryForm({ title, lead, button, send, children }: EntryFormProps): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const busy = useSignal(false);
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (busy.value) return;
    const data = new FormData(event.currentTarget);
    busy.value = true;
    const told = (refusal: Refusal | undefined): void => {
      busy.value = false;
      refused.value = refusal;
    };
    send((name) => String(data.get(name) ?? '')).then(told, () => told(undefined));
  };
  return (
    <form class="card entry" onSubmit={submit}>
      <h2>{t(title)}</h2>
      {lead === undefined ? null : <p class="detail">{t(lead)}</p>}
      {children}
      <div role="alert">
        {refused.value ? (
          <p class="hint note">
            <StateIcon mark="degraded" />
            <span>{words(refused.value)}</span>
          </p>
        ) : null}
      </div>
      <button type="submit" class="primary" aria-disabled={busy.value}>
        {t(busy.value ? 'entry.busy' : button)}
      </button>
    </form>
  );
}

interface FieldProps {
  readonly name: string;
  readonly label: TextKey;
  readonly hint?: TextKey;
  readonly placeholder?: string;
  readonly autocomplete: string;
  /** A password, which may be looked at. */
  readonly secret?: boolean;
  /** Spelt in capitals. */
  readonly code?: boolean;
}

function Field({ name, label, hint, placeholder = '', autocomplete, secret, code }: FieldProps): JSX.Element {
  const shown = useSignal(false);
  return (
    <div class="field">
      <label for={`entry-${name}`}>{t(label)}</label>
      <div class="field-row">
        <input
          id={`entry-${name}`}
          name={name}
          {...(secret && !shown.value ? { type: 'password' } : { type: 'text' })}
          class={code ? 'mono code' : ''}
          placeholder={placeholder}
          autocomplete={autocomplete}
          autocapitalize={code ? 'characters' : 'none'}
          spellcheck={false}
          {...(hint === undefined ? {} : { 'aria-describedby': `entry-${name}-hint` })}
          required
        />
        {secret ? (
          <button
            type="button"
            class="toggle"
            aria-pressed={shown.value}
            aria-controls={`entry-${name}`}
            onClick={() => {
              shown.value = !shown.value;
            }}
          >
            {t('entry.show')}
          </button>
        ) : null}
      </div>
      {hint === undefined ? null : (
        <p class="quiet" id={`entry-${name}-hint`}>
          {t(hint)}
        </p>
      )}
    </div>
  );
}

const KNOWN: Readonly<Record<string, TextKey>> = {
  'wrong-password': 'login.wrong',
  'wrong-code': 'claim.wrong',
};

function words(refusal: Refusal): string {
  const { code, retryAfterS } = refusal;
  if (retryAfterS !== undefined) return t('entry.wait', { count: retryAfterS });
  const known = KNOWN[code];
  return known === undefined ? refusedWords(refusal) : t(known);
}
