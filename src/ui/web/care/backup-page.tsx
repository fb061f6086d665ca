/** Backups: how they are, one more now, one to take along; and the way back, with a look at what is in it first. */

import type { JSX } from 'preact';
import type { BackupsView, BackupView } from '../../shapes/backups.ts';
import { mayAdminister, mayOperate } from '../access.ts';
import { api, ask } from '../call.ts';
import { Ago, Refused, Section, SubPage } from '../components.tsx';
import { wholeTime, withMoments } from '../dates.ts';
import { bytes } from '../format.ts';
import { StateIcon } from '../icons.tsx';
import { siteZone, status, today } from '../site.ts';
import { t } from '../texts.ts';
import { toldSentences } from '../told.ts';
import { held } from './held.ts';
import { type Polled, usePolled } from './polled.ts';
import { Restore } from './restore.tsx';

export function BackupPage(): JSX.Element {
  const backups = usePolled(
    () => ask(api.backups.$get()),
    (now) => now?.making !== undefined,
  );
  const { value, refusal } = backups;
  return (
    <SubPage title={t('backup.title')}>
      <State />
      <Refused refusal={refusal.value} />
      {value.value ? <Now backups={value.value} polled={backups} /> : null}
      {value.value ? <List backups={value.value} /> : null}
      {mayAdminister.value ? <Restore backups={value.value?.items ?? []} /> : null}
    </SubPage>
  );
}

/** As the box sees it. */
function State(): JSX.Element | null {
  const backup = status.value?.backup;
  if (!backup) return null;
  const isWell = backup.state === 'ok' || backup.state === 'connecting';
  return (
    <p class={isWell ? 'detail' : 'hint note'}>
      {isWell ? null : <StateIcon mark="degraded" />}
      <span>{withMoments(toldSentences(backup), today.value, siteZone.value)}</span>
    </p>
  );
}

function Now({ backups, polled }: { backups: BackupsView; polled: Polled<BackupsView> }): JSX.Element {
  const { making, schedule, folder } = backups;
  const begin = (): void =>
    void ask(api.backups.$post()).then(({ value, refusal }) => {
      if (value) polled.value.value = value;
      polled.refusal.value = refusal;
      if (value) polled.look();
    });
  return (
    <>
      <p class="detail">
        {schedule.enabled
          ? t('backup.schedule', {
              at: schedule.at,
              daily: schedule.keepDaily,
              weekly: schedule.keepWeekly,
              monthly: schedule.keepMonthly,
            })
          : t('backup.off')}{' '}
        {t('backup.folder')} <span class="mono">{folder}</span>
      </p>
      {making ? <Making making={making} /> : null}
      {mayOperate.value && schedule.enabled && !making ? (
        <div class="tools care-tools">
          <button type="button" class="primary" onClick={begin}>
            {t('backup.now')}
          </button>
        </div>
      ) : null}
    </>
  );
}

function Making({ making }: { making: NonNullable<BackupsView['making']> }): JSX.Element {
  const { bytes: done, ofBytes } = making;
  const share = done === undefined || !ofBytes ? undefined : Math.min(1, done / ofBytes);
  return (
    <div role="status">
      <progress
        class="progress"
        max={1}
        {...(share === undefined ? {} : { value: share })}
        aria-label={t('backup.making')}
      />
      <p class="detail">
        {t('backup.making')} {done === undefined || !ofBytes ? '' : `${bytes(done)} / ${bytes(ofBytes)}`}
      </p>
    </div>
  );
}

function List({ backups: { items, problem, said } }: { backups: BackupsView }): JSX.Element {
  return (
    <Section id="backups" title={t('backup.list')} count={items.length}>
      {problem === undefined ? null : (
        <p class="hint note">
          <StateIcon mark="degraded" />
          <span>{toldSentences({ detail: problem, said })}</span>
        </p>
      )}
      {items.length === 0 && problem === undefined ? <p class="detail">{t('backup.none')}</p> : null}
      <ul class="rows">
        {items.map((backup) => (
          <Item key={backup.name} backup={backup} />
        ))}
      </ul>
    </Section>
  );
}

function Item({ backup }: { backup: BackupView }): JSX.Element {
  const { name, made, contents, left = [] } = backup;
  return (
    <li class="row">
      <strong class="why">
        <time dateTime={made}>{wholeTime(Date.parse(made), siteZone.value)}</time>
      </strong>
      <p class="why">
        <Ago time={made} /> ·{' '}
        {backup.bytes === undefined ? t('backup.unreadable') : `${bytes(backup.bytes)} · ${held(contents)}`}
        {left.length > 0 ? ` ${t('backup.withoutLog')}` : ''}
      </p>
      {mayAdminister.value ? (
        <div class="why tools">
          <a class="toggle" href={`/api/v1/backups/${encodeURIComponent(name)}/file`} download>
            {t('backup.download')}
          </a>
          <a class="toggle" href={`#/backup/${encodeURIComponent(name)}`}>
            {t('restore.look')}
          </a>
        </div>
      ) : null}
    </li>
  );
}
