/** What this box runs, and the licences of everything in it. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Section, SubPage } from '../components.tsx';
import { wholeTime } from '../dates.ts';
import { hrefOf } from '../page.ts';
import { siteZone, status } from '../site.ts';
import { t } from '../texts.ts';

/** As scripts/licences.ts writes it. */
interface Licences {
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly licence: string;
    readonly texts: readonly number[];
  }[];
  readonly texts: readonly string[];
}

export function AboutPage(): JSX.Element {
  const licences = useSignal<Licences | undefined>(undefined);
  useEffect(() => {
    fetch('/licences.json')
      .then((answer) => answer.json())
      .then(
        (found: Licences) => {
          licences.value = found;
        },
        () => {},
      );
  }, []);
  const now = status.value;
  const found = licences.value;
  return (
    <SubPage title={t('about.title')}>
      <p>WebSCADA Edge {now?.version}</p>
      {now ? (
        <p class="detail">
          {t('about.started', { time: wholeTime(Date.parse(now.started), siteZone.value) })}
        </p>
      ) : null}
      <p>
        <a class="toggle link" href={hrefOf('api')}>
          {t('about.api')}
        </a>
      </p>
      <Section id="licences" title={t('about.licences')} count={found?.packages.length ?? 0}>
        <p class="detail">{t('about.lead')}</p>
        {found?.packages.map((one) => (
          <Package key={`${one.name}@${one.version}`} one={one} texts={found.texts} />
        ))}
      </Section>
    </SubPage>
  );
}

function Package({
  one,
  texts,
}: {
  one: Licences['packages'][number];
  texts: Licences['texts'];
}): JSX.Element {
  const isOpen = useSignal(false);
  return (
    <details
      class="support-file"
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>
        <span class="mono">{one.name}</span> {one.version} <span class="quiet">{one.licence}</span>
      </summary>
      {isOpen.value && one.texts.length === 0 ? <p class="detail">{t('about.noText')}</p> : null}
      {isOpen.value
        ? one.texts.map((at) => (
            <pre key={at} class="written">
              {texts[at]}
            </pre>
          ))
        : null}
    </details>
  );
}
