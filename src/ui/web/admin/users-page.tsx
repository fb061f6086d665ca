/** Who may use the box: people with their roles, and the tokens of programs. */
import { type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { ROLES, type Role } from '../../role.ts';
import type { UserView } from '../../shapes/access.ts';
import { access, mayAdminister } from '../access.ts';
import { api, ask, type Refusal, tell } from '../call.ts';
import { ConfirmButton, Empty, Refused, Section, SubPage } from '../components.tsx';
import { wholeTime } from '../dates.ts';
import { siteZone } from '../site.ts';
import { t } from '../texts.ts';
import { PasswordField } from './own-password.tsx';
import { Tokens } from './tokens.tsx';

export function UsersPage(): JSX.Element {
  return (
    <SubPage title={t('users.title')}>
      {access.value?.mode === 'open' ? (
        <Empty title={t('users.open')} hint={t('users.openHint')} />
      ) : mayAdminister.value ? (
        <>
          <People />
          <Tokens />
        </>
      ) : (
        <Empty hint={t('admin.only')} />
      )}
    </SubPage>
  );
}

function People(): JSX.Element {
  const users = useSignal<readonly UserView[]>([]);
  const refused = useSignal<Refusal | undefined>(undefined);
  const look = (): void =>
    void ask(api.users.$get()).then(({ value, refusal }) => {
      users.value = value?.items ?? users.value;
      if (refusal) refused.value = refusal;
    });
  useEffect(look, []);
  const did = (refusal: Refusal | undefined): void => {
    refused.value = refusal;
    look();
  };
  return (
    <Section id="users" title={t('users.people')} count={users.value.length}>
      <Refused refusal={refused.value} />
      <ul class="rows">
        {users.value.map((user) => (
          <Person key={user.name} user={user} did={did} />
        ))}
      </ul>
      <AddUser did={did} />
    </Section>
  );
}

interface PersonProps {
  readonly user: UserView;
  readonly did: (refusal: Refusal | undefined) => void;
}

function Person({ user: { name, role, created }, did }: PersonProps): JSX.Element {
  const isMe = access.value?.user?.name === name;
  const param = { name: encodeURIComponent(name) };
  const change = (json: { role?: Role; password?: string }): void =>
    void tell(api.users[':name'].$patch({ param, json })).then(did);
  return (
    <li class="row person">
      <strong>{name}</strong>
      <span>
        {t(`role.${role}`)}
        {isMe ? ` · ${t('users.you')}` : ''}
      </span>
      <span class="why quiet">
        {t('users.since', { time: wholeTime(Date.parse(created), siteZone.value) })}
      </span>
      <details class="why">
        <summary>{t('users.change', { name })}</summary>
        <div class="entry">
          <RoleField id={`role-${name}`} first={role} choose={(next) => change({ role: next })} />
          {isMe ? null : <NewPassword name={name} set={(password) => change({ password })} />}
          <div class="tools">
            <ConfirmButton
              label={t('users.remove', { name })}
              act={() => void tell(api.users[':name'].$delete({ param })).then(did)}
            />
          </div>
        </div>
      </details>
    </li>
  );
}

function RoleField(props: {
  readonly id: string;
  readonly first: Role;
  readonly choose?: (role: Role) => void;
}): JSX.Element {
  const { id, first, choose } = props;
  const shown = useSignal(first);
  return (
    <div class="field">
      <label for={id}>{t('users.role')}</label>
      <select
        id={id}
        name="role"
        value={shown.value}
        aria-describedby={`${id}-may`}
        onChange={(event) => {
          const next = roleOf(event.currentTarget.value);
          shown.value = next;
          choose?.(next);
        }}
      >
        {ROLES.map((one) => (
          <option key={one} value={one}>
            {t(`role.${one}`)}
          </option>
        ))}
      </select>
      <p class="quiet" id={`${id}-may`}>
        {t(`role.may.${shown.value}`)}
      </p>
    </div>
  );
}

/** Whoever forgot theirs gets another one, and is logged out everywhere. */
function NewPassword({ name, set }: { name: string; set: (password: string) => void }): JSX.Element {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        set(String(new FormData(event.currentTarget).get('password')));
        event.currentTarget.reset();
      }}
    >
      <PasswordField
        id={`password-${name}`}
        name="password"
        label={t('users.newPassword')}
        autocomplete="new-password"
      />
      <p class="quiet">{t('users.newPasswordHint')}</p>
      <button type="submit" class="toggle">
        {t('users.setPassword')}
      </button>
    </form>
  );
}

function AddUser({ did }: { did: (refusal: Refusal | undefined) => void }): JSX.Element {
  const isOpen: Signal<boolean> = useSignal(false);
  return (
    <details
      class="add-user"
      open={isOpen.value}
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>{t('users.add')}</summary>
      <form
        class="entry"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const given = new FormData(form);
          const json = {
            name: String(given.get('name')),
            password: String(given.get('password')),
            role: roleOf(String(given.get('role'))),
          };
          void ask(api.users.$post({ json })).then(({ refusal }) => {
            if (!refusal) form.reset();
            isOpen.value = refusal !== undefined;
            did(refusal);
          });
        }}
      >
        <div class="field">
          <label for="user-name">{t('users.name')}</label>
          <input
            id="user-name"
            name="name"
            required
            maxLength={64}
            autocomplete="off"
            autocapitalize="none"
          />
        </div>
        <PasswordField
          id="user-password"
          name="password"
          label={t('users.password')}
          autocomplete="new-password"
        />
        <RoleField id="user-role" first="operator" />
        <button type="submit" class="primary">
          {t('users.addNow')}
        </button>
      </form>
    </details>
  );
}

function roleOf(name: string): Role {
  return ROLES.find((role) => role === name) ?? 'viewer';
}
