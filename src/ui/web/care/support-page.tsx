/** The support bundle: every file of it to be looked at before it is taken along. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { maySetUp } from '../access.ts';
import { api, ask } from '../call.ts';
import { Refused, Section, SubPage } from '../components.tsx';
import { t } from '../texts.ts';
import { usePolled } from './polled.ts';

export function SupportPage(): JSX.Element {
  const { value, refusal } = usePolled(
    () => ask(api.support.$get()),
    () => false,
  );
  return (
    <SubPage title={t('support.title')}>
      <p class="detail">{t('support.lead')}</p>
      <p class="detail">{t('support.secrets')}</p>
      <Refused refusal={refusal.value} />
      {maySetUp.value ? (
        <div class="tools care-tools">
          <a class="toggle" href="/api/v1/support/bundle" download>
            {t('support.download')}
          </a>
        </div>
      ) : null}
      <Section id="support-files" title={t('support.files')} count={value.value?.items.length ?? 0}>
        {value.value?.items.map(({ name }) => (
          <File key={name} name={name} />
        ))}
      </Section>
    </SubPage>
  );
}

/** Fetched when it is opened. */
function File({ name }: { name: string }): JSX.Element {
  const text = useSignal<string | undefined>(undefined);
  const look = (): void =>
    void fetch(`/api/v1/support/files/${name}`).then(
      async (answer) => {
        text.value = answer.ok ? await answer.text() : t('support.away');
      },
      () => {
        text.value = t('support.away');
      },
    );
  return (
    <details
      class="support-file"
      onToggle={(event) => {
        if (event.currentTarget.open) look();
        else text.value = undefined;
      }}
    >
      <summary class="mono">{name}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too. */}
      <pre class="written mono" tabIndex={0}>
        {text.value ?? t('page.loading')}
      </pre>
    </details>
  );
}
