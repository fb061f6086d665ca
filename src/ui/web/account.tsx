/** Who is logged in, and the way out. */
import type { JSX } from 'preact';
import { access, logout } from './access.ts';
import { t } from './texts.ts';

export function Account(): JSX.Element | null {
  const user = access.value?.user;
  if (!user) return null;
  return (
    <details class="account">
      <summary aria-label={t('account.title', { name: user.name })}>{user.name}</summary>
      <div class="card">
        <p>
          <strong>{user.name}</strong>
          <span class="quiet"> · {t(`role.${user.role}`)}</span>
        </p>
        <button
          type="button"
          class="toggle"
          onClick={() => {
            logout().catch(() => {});
          }}
        >
          {t('account.logout')}
        </button>
      </div>
    </details>
  );
}
