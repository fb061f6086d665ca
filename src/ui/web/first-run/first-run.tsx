/**
 * The first minutes of a box: back from a backup, or five things to see to. Each ticks itself off when the box sees that it is
 * so; each may be left for later, and the page comes back to where it was.
 */

import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { StatusView } from '../../shapes/status.ts';
import { mayAdminister } from '../access.ts';
import { ConnectionTest } from '../admin/connection-test.tsx';
import { Problems, SaveBar, Trial } from '../admin/save-bar.tsx';
import { SettingField } from '../admin/setting-field.tsx';
import { fetchSettings, refusal, settings } from '../admin/settings-state.ts';
import { Refused, Section, SubPage } from '../components.tsx';
import { withMoments } from '../dates.ts';
import { gatewayHint } from '../first-steps.tsx';
import { StateIcon } from '../icons.tsx';
import { hrefOf } from '../page.ts';
import { gateways, siteZone, status, today } from '../site.ts';
import { t } from '../texts.ts';
import { toldSentences } from '../told.ts';

const CARDS = ['site', 'gateways', 'centre', 'influx', 'backup'] as const;
type Card = (typeof CARDS)[number];
const KEPT = 'wse-first-run-later';

/** The settings each card is about. */
const PATHS: Readonly<Record<Card, readonly string[]>> = {
  site: ['site.id', 'site.name', 'site.time_zone'],
  gateways: ['gateway.region', 'mqtt.embedded_host'],
  centre: ['centre.url', 'centre.username', 'centre.password'],
  influx: ['influx.url', 'influx.org', 'influx.bucket', 'influx.token'],
  backup: ['backup.dir'],
};
/** Whose settings are a connection that can be tried. */
const TRIED: Partial<Readonly<Record<Card, string>>> = { centre: 'centre', influx: 'influx' };

/** What was left for later, by this browser. */
const later = signal<ReadonlySet<string>>(new Set((localStorage.getItem(KEPT) ?? '').split(' ')));

function leave(card: Card): void {
  later.value = new Set([...later.peek(), card]);
  localStorage.setItem(KEPT, [...later.peek()].join(' '));
}

/** As the box sees it. */
export function isDone(card: Card, now: StatusView, gatewaysHeard: number): boolean {
  switch (card) {
    case 'site':
      return now.site !== 'demo';
    case 'gateways':
      return gatewaysHeard > 0;
    case 'centre':
    case 'influx':
      return now[card].state === 'ok';
    case 'backup':
      return now.backup?.lastSuccess !== undefined;
  }
}

export function FirstRunPage(): JSX.Element {
  const now = status.value;
  const given = settings.value;
  const isAdmin = mayAdminister.value;
  useEffect(() => {
    if (isAdmin) void fetchSettings();
  }, [isAdmin]);
  return (
    <SubPage title={t('start.title')}>
      <p class="detail">{t('start.lead')}</p>
      {given ? <Trial now={given} /> : null}
      {given && given.problems.length > 0 ? <Problems problems={given.problems} /> : null}
      <div class="tools care-tools">
        <a class="toggle" href={hrefOf('backup')}>
          {t('start.restore')}
        </a>
        <a class="toggle" href={hrefOf('add')}>
          {t('start.device')}
        </a>
        <a class="toggle" href={hrefOf('site')}>
          {t('start.end')}
        </a>
      </div>
      <Section id="cards" title={t('start.cards')}>
        <ol class="rows steps">
          {now ? CARDS.map((card) => <CardRow key={card} card={card} now={now} />) : null}
        </ol>
      </Section>
      {given ? <Refused refusal={refusal.value} /> : null}
      {given ? <SaveBar now={given} /> : null}
    </SubPage>
  );
}

function CardRow({ card, now }: { card: Card; now: StatusView }): JSX.Element {
  const done = isDone(card, now, gateways.value.length);
  const isLater = later.value.has(card);
  return (
    <li class={`concern step ${done ? 'state-ok' : 'state-connecting'}`}>
      <StateIcon mark={done ? 'ok' : 'connecting'} />
      <div>
        <strong>{t(`start.card.${card}`)}</strong>{' '}
        <span class="quiet">{t(done ? 'steps.done' : isLater ? 'start.later' : 'steps.open')}</span>
        <p class="detail">{told(card, now)}</p>
        {done || isLater ? null : <p class="detail">{t(`start.how.${card}`)}</p>}
        {mayAdminister.value ? <Fields card={card} /> : null}
        {done || isLater ? null : (
          <button type="button" class="toggle" onClick={() => leave(card)}>
            {t('start.skip')}
          </button>
        )}
      </div>
    </li>
  );
}

/** The settings of the card, to be opened: what is entered waits at the end of the page for the restart that takes it up. */
function Fields({ card }: { card: Card }): JSX.Element | null {
  const those = (settings.value?.settings ?? []).filter(({ path }) => PATHS[card].includes(path));
  const tried = TRIED[card];
  if (those.length === 0) return null;
  return (
    <details class="start-fields">
      <summary>{t('start.enter')}</summary>
      {those.map((setting) => (
        <SettingField key={setting.path} setting={setting} />
      ))}
      {tried === undefined ? null : (
        <ConnectionTest section={tried} hasSaved={those.some(({ next }) => next !== undefined)} />
      )}
    </details>
  );
}

/** What the box says of it now. */
function told(card: Card, now: StatusView): string {
  switch (card) {
    case 'site':
      return `${now.site}, ${siteZone.value}`;
    case 'gateways':
      return gateways.value.length > 0
        ? t('start.heard', { count: gateways.value.length })
        : gatewayHint(now);
    case 'centre':
    case 'influx':
      return toldSentences(now[card]);
    case 'backup':
      return now.backup ? withMoments(toldSentences(now.backup), today.value, siteZone.value) : '';
  }
}
