/** The own password, for everybody who has one. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { api, type Refusal, tell } from '../call.ts';
import { Refused } from '../components.tsx';
import { t } from '../texts.ts';

export function OwnPassword(): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const isDone = useSignal(false);
  return (
    <details class="own-password">
      <summary>{t('account.password')}</summary>
      <form
        class="entry"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const given = new FormData(form);
          const json = { current: String(given.get('current')), new: String(given.get('new')) };
          void tell(api.session.password.$put({ json })).then((refusal) => {
            refused.value = refusal;
            isDone.value = refusal === undefined;
            if (!refusal) form.reset();
          });
        }}
      >
        <PasswordField
          id="own-current"
          name="current"
          label={t('account.current')}
          autocomplete="current-password"
        />
        <PasswordField id="own-new" name="new" label={t('account.new')} autocomplete="new-password" />
        <p class="detail">{t('account.others')}</p>
        <Refused refusal={refused.value} />
        <p role="status">{isDone.value ? t('account.changed') : ''}</p>
        <button type="submit" class="primary">
          {t('account.change')}
        </button>
      </form>
    </details>
  );
}

export function PasswordField(props: {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly autocomplete: 'new-password' | 'current-password';
}): JSX.Element {
  const { id, name, label, autocomplete } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} name={name} type="password" autocomplete={autocomplete} required maxLength={256} />
    </div>
  );
}
