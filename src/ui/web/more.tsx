/** What is looked for less often: the other pages, who is logged in, how bright it is, and what this box is. */
import type { JSX } from 'preact';
import { mayAdminister } from './access.ts';
import { Account } from './account.tsx';
import { TopPage } from './components.tsx';
import { chooseLanguage, language } from './language.ts';
import { hrefOf, type PageName } from './routes.ts';
import { gateways, status, unknownDevices } from './site.ts';
import { type TextKey, t } from './texts.ts';
import { chooseTheme, THEMES, theme } from './theme.ts';
import { isLanguage, LANGUAGES } from './words/languages.ts';

interface Way {
  readonly to: PageName;
  readonly title: TextKey;
  readonly lead: TextKey;
  /** Of no use to others. */
  readonly isAdmins?: boolean;
}

const WAYS: readonly Way[] = [
  { to: 'gateways', title: 'gateways.title', lead: 'more.gateways' },
  { to: 'frames', title: 'frames.title', lead: 'more.frames' },
  { to: 'survey', title: 'survey.title', lead: 'more.survey' },
  { to: 'readings', title: 'readings.title', lead: 'more.readings' },
  { to: 'unknown', title: 'strangers.title', lead: 'more.unknown' },
  { to: 'notify', title: 'page.name.notify', lead: 'more.notify' },
  { to: 'parts', title: 'parts.title', lead: 'more.parts' },
  { to: 'codecs', title: 'codecs.title', lead: 'more.codecs' },
  { to: 'catalogue', title: 'page.name.catalogue', lead: 'more.catalogue' },
  { to: 'quarantine', title: 'page.name.quarantine', lead: 'more.quarantine' },
  { to: 'logs', title: 'page.name.logs', lead: 'more.logs' },
  { to: 'backup', title: 'page.name.backup', lead: 'more.backup' },
  { to: 'update', title: 'page.name.update', lead: 'more.update' },
  { to: 'handover', title: 'page.name.handover', lead: 'more.handover' },
  { to: 'start', title: 'page.name.start', lead: 'more.start' },
  { to: 'support', title: 'page.name.support', lead: 'more.support' },
  { to: 'about', title: 'page.name.about', lead: 'more.about' },
  { to: 'mimic', title: 'mimic.title', lead: 'more.mimic' },
  { to: 'users', title: 'page.name.users', lead: 'more.users', isAdmins: true },
  { to: 'settings', title: 'page.name.settings', lead: 'more.settings', isAdmins: true },
  { to: 'audit', title: 'page.name.audit', lead: 'more.audit', isAdmins: true },
  { to: 'wall', title: 'wall.title', lead: 'more.wall' },
];

export function More(): JSX.Element {
  return (
    <TopPage name="more-page" title={t('more.title')}>
      <ul class="rows ways">
        {WAYS.filter(({ isAdmins }) => !isAdmins || mayAdminister.value).map(({ to, title, lead }) => (
          <li key={to}>
            <a class="row choice" href={hrefOf(to)}>
              <strong>{t(title)}</strong>
              <span class="count">{countOf(to)}</span>
              <span class="why quiet">{t(lead)}</span>
            </a>
          </li>
        ))}
      </ul>
      <Account />
      <Brightness />
      <LanguageChoice />
      <p class="detail about">
        {status.value ? t('more.version', { version: status.value.version }) : null}{' '}
        <a class="look-quiet" href={hrefOf('api')}>
          {t('more.api')}
        </a>
      </p>
    </TopPage>
  );
}

function countOf(to: PageName): number | string {
  const now = status.value;
  if (to === 'gateways') return gateways.value.length;
  if (to === 'unknown') return unknownDevices.value.length;
  return to === 'quarantine' && now ? now.influx.quarantined + now.centre.quarantined : '';
}

function Brightness(): JSX.Element {
  return (
    <fieldset class="section brightness">
      <legend>{t('theme.title')}</legend>
      <div class="tools">
        {THEMES.map((name) => (
          <button
            key={name}
            type="button"
            class="toggle"
            aria-pressed={theme.value === name}
            onClick={() => chooseTheme(name)}
          >
            {t(`theme.${name}`)}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

function LanguageChoice(): JSX.Element {
  return (
    <fieldset class="section brightness">
      <legend>{t('more.language')}</legend>
      <div class="tools">
        {Object.keys(LANGUAGES)
          .filter(isLanguage)
          .map((name) => (
            <button
              key={name}
              type="button"
              class="toggle"
              lang={name}
              aria-pressed={language === name}
              onClick={() => chooseLanguage(name)}
            >
              {LANGUAGES[name].name}
            </button>
          ))}
      </div>
      <p class="detail">{t('more.languageHint')}</p>
    </fieldset>
  );
}
