/** What becomes of changed settings, for every page that changes some: saved with a restart, on trial, kept, taken back. */
import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import type { SettingsView } from '../../shapes/settings.ts';
import { ConfirmButton } from '../components.tsx';
import { StateIcon } from '../icons.tsx';
import { boxNowMs } from '../screen-clock.ts';
import { t } from '../texts.ts';
import { detailWords } from '../told.ts';
import { changes, discard, keep, newAddress, phase, saveAndRestart } from './settings-state.ts';

export function Problems({ problems }: { problems: SettingsView['problems'] }): JSX.Element {
  return (
    <div class="hint note" role="alert">
      <StateIcon mark="degraded" />
      <div>
        <p>{t('settings.problems')}</p>
        <ul>
          {problems.map(({ path, message, said }) => (
            <li key={path + message}>
              {path} {detailWords({ detail: message, said })}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** The settings in force are on trial, or those before have come back. */
export function Trial({ now: { trial, reverted } }: { now: SettingsView }): JSX.Element {
  const left = useComputed(() =>
    trial ? Math.max(0, Math.ceil((Date.parse(trial.until) - boxNowMs.value) / 1000)) : 0,
  );
  return (
    <div role="status">
      {trial ? (
        <div class="hint note">
          <StateIcon mark="degraded" />
          <div>
            <p>{t('settings.trial', { count: left.value })}</p>
            <button type="button" class="primary" onClick={() => void keep()}>
              {t('settings.keep')}
            </button>
          </div>
        </div>
      ) : null}
      {phase.value === 'kept' ? <p class="hint">{t('settings.kept')}</p> : null}
      {reverted && !trial && phase.value !== 'kept' ? (
        <p class="hint note">
          <StateIcon mark="degraded" />
          <span>{t(`settings.reverted.${reverted.why}`)}</span>
        </p>
      ) : null}
    </div>
  );
}

/** Sticks to the edge of the screen while there is something to save. */
export function SaveBar({ now }: { now: SettingsView }): JSX.Element | null {
  const waiting = now.settings.filter(({ next }) => next !== undefined).length;
  const count = changes.value.size + waiting;
  if (phase.value === 'restarting') return <Restarting />;
  if (count === 0 || now.trial) return null;
  const risky = now.settings.some(
    ({ isRisky, path, next }) => isRisky && (next !== undefined || changes.value.has(path)),
  );
  const address = newAddress(now, changes.value);
  return (
    <section class="save-bar" aria-label={t('settings.toSave')}>
      <p>
        <strong>{t('settings.count', { count })}</strong> {t('settings.restarts')}{' '}
        {risky ? t('settings.risky') : ''}
      </p>
      {address === undefined ? null : (
        <p>
          {t('settings.address')} <a href={address}>{address}</a>
        </p>
      )}
      <div class="tools">
        <button
          type="button"
          class="primary"
          aria-disabled={phase.value === 'saving'}
          onClick={() => {
            if (phase.peek() !== 'saving') void saveAndRestart();
          }}
        >
          {t('settings.save')}
        </button>
        <ConfirmButton label={t('settings.discard')} act={() => void discard()} />
      </div>
    </section>
  );
}

function Restarting(): JSX.Element {
  return (
    <section class="save-bar" role="status">
      <p>{t('settings.restarting')}</p>
      <progress class="progress" aria-label={t('settings.restarting')} />
    </section>
  );
}
