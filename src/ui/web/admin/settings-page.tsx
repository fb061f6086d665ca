/** Every setting: what holds and why, what may be entered, what is changed; saved, tried, and taken back where it cuts one off. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SettingView } from '../../shapes/settings.ts';
import { mayAdminister } from '../access.ts';
import { Empty, Refused, Section, SubPage } from '../components.tsx';
import { hasText, t } from '../texts.ts';
import { ConnectionTest } from './connection-test.tsx';
import { described } from './described.ts';
import { Problems, SaveBar, Trial } from './save-bar.tsx';
import { SettingField } from './setting-field.tsx';
import { changes, fetchSettings, refusal, settings } from './settings-state.ts';

/** `of`: the section that is looked for. */
export function SettingsPage({ of }: { of: string }): JSX.Element {
  return (
    <SubPage title={t('settings.title')}>
      {mayAdminister.value ? <Settings section={of} /> : <Empty hint={t('admin.only')} />}
    </SubPage>
  );
}

function Settings({ section }: { section: string }): JSX.Element {
  const find = useSignal(section === '' ? '' : `${section}.`);
  const isOnlyChanged = useSignal(false);
  useEffect(() => void fetchSettings(), []);
  const now = settings.value;
  const shown = (now?.settings ?? []).filter(
    (setting) => fits(setting, find.value) && (!isOnlyChanged.value || isChanged(setting)),
  );
  return (
    <>
      <p class="lead">{t('settings.lead')}</p>
      {now ? <Trial now={now} /> : null}
      {now && now.problems.length > 0 ? <Problems problems={now.problems} /> : null}
      <div class="entry settings-tools">
        <div class="field">
          <label for="settings-find">{t('settings.find')}</label>
          <input
            id="settings-find"
            type="search"
            value={find.value}
            onInput={(event) => {
              find.value = event.currentTarget.value;
            }}
          />
        </div>
        <label class="check">
          <input
            type="checkbox"
            checked={isOnlyChanged.value}
            onChange={(event) => {
              isOnlyChanged.value = event.currentTarget.checked;
            }}
          />
          {t('settings.onlyChanged')}
        </label>
      </div>
      <Refused refusal={refusal.value} />
      {now && shown.length === 0 ? <Empty hint={t('settings.nothing')} /> : null}
      {now?.sections.map(({ name, description }) => {
        const { text, lang } = described(name, description);
        const own = shown.filter(({ section }) => section === name);
        return own.length === 0 ? null : (
          <Section key={name} id={`set-${name}`} title={sectionTitle(name)} count={own.length}>
            <p class="detail" lang={lang}>
              {text}
            </p>
            <ConnectionTest section={name} hasSaved={own.some(({ next }) => next !== undefined)} />
            {own.map((setting) => (
              <SettingField key={setting.path} setting={setting} />
            ))}
          </Section>
        );
      })}
      {now ? <SaveBar now={now} /> : null}
    </>
  );
}

function sectionTitle(name: string): string {
  const key = `settings.section.${name}`;
  return hasText(key) ? t(key) : name;
}

function fits({ path, description }: SettingView, find: string): boolean {
  const { text } = described(path, description);
  // In English too: somebody may come from the reference.
  return `${path} ${text} ${description}`.toLowerCase().includes(find.trim().toLowerCase());
}

function isChanged({ path, source, next }: SettingView): boolean {
  return source !== 'default' || next !== undefined || changes.value.has(path);
}
