/** Who is logged in, and the way out. */
import type { JSX } from 'preact';
import { access, logout } from './access.ts';
import { OwnPassword } from './admin/own-password.tsx';
import { t } from './texts.ts';

export function Account(): JSX.Element | null {
  const user = access.value?.user;
  if (!user) return null;
  return (
    <section class="section account" aria-labelledby="account-title">
      <h3 class="group-title" id="account-title">
        {t('account.heading')}
      </h3>
      <p>
        <strong>{user.name}</strong>
        <span class="quiet"> · {t(`role.${user.role}`)}</span>
      </p>
      <OwnPassword />
      <button
        type="button"
        class="toggle"
        onClick={() => {
          logout().catch(() => {});
        }}
      >
        {t('account.logout')}
      </button>
    </section>
  );
}
