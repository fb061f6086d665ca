/** The parts of the box in full: how the broker, InfluxDB, the centre, the store, the clock and the backups are doing. */

import type { ComponentChildren, JSX } from 'preact';
import type { SinkView, StatusView } from '../shapes/status.ts';
import { isAway } from './attention.ts';
import { outlooks, type SinkName } from './backlogs.ts';
import { Ago, HowLong, SubPage } from './components.tsx';
import { clockTime, withMoments } from './dates.ts';
import { bytes, sentence } from './format.ts';
import { StateIcon } from './icons.tsx';
import { InfluxCare } from './influx-care.tsx';
import { hrefOf } from './page.ts';
import { brokerUrl, type PartName, type PartView, partsOf } from './parts.ts';
import { siteZone, today } from './site.ts';
import { t } from './texts.ts';
import { toldWords } from './told.ts';

/** Of the life of a card: time to get another. */
const MUCH_USED_PERCENT = 90;
/** A disk that lasts shorter is worth a word; nobody plans further than the other. */
const FEW_YEARS = 3;
const MANY_YEARS = 100;

export function PartsPage({ status }: { status: StatusView }): JSX.Element {
  return (
    <SubPage title={t('parts.title')}>
      <div class="parts">
        {partsOf(status).map(([name, part]) => (
          <PartCard key={name} name={name} part={part} status={status} />
        ))}
      </div>
    </SubPage>
  );
}

/** Whether a part in this state wants a look. */
export function isAmiss(state: PartView['state']): boolean {
  return state === 'degraded' || state === 'down';
}

interface PartProps {
  readonly name: PartName;
  readonly part: PartView;
  readonly status: StatusView;
}

export function PartCard({ name, part, status }: PartProps): JSX.Element {
  const absent = part.state === 'not_configured';
  const { detail, hint } = toldWords(part);
  const away = isAway(name, status);
  return (
    <article class={`card part state-${away ? 'away' : part.state}`} aria-label={t(`part.${name}`)}>
      <header>
        <StateIcon mark={away ? 'connecting' : part.state} />
        <h3>{t(`part.${name}`)}</h3>
        <span class="word">{t(`state.${away ? 'away' : part.state}`)}</span>
      </header>
      <p class="detail">{sentence(withMoments(detail, today.value, siteZone.value))}</p>
      {hint === undefined ? null : <p class={away ? 'detail' : 'hint'}>{sentence(hint)}</p>}
      {absent ? null : (
        <p class="facts">
          <Facts name={name} status={status} />
          <span>
            {t('part.since')} <HowLong time={part.since} />
          </span>
        </p>
      )}
      {absent || name !== 'influx' ? null : (
        <InfluxCare influx={status.influx} oldest={status.store.oldest} />
      )}
    </article>
  );
}

function Facts({ name, status }: Omit<PartProps, 'part'>): ComponentChildren {
  if (name === 'time' || name === 'backup') return null;
  if (name === 'broker') return <BrokerFacts broker={status.broker} />;
  if (name === 'commands') return <CommandFacts commands={status.commands} />;
  if (name !== 'store') return <SinkFacts name={name} sink={status[name]} />;
  return <StoreFacts store={status.store} />;
}

function BrokerFacts({ broker }: { broker: StatusView['broker'] }): JSX.Element {
  const url = brokerUrl(broker, location.hostname);
  return (
    <>
      {url === undefined ? null : <span>{t('part.reach', { url })}</span>}
      <span>{t('part.messages', { count: broker.messages })}</span>
    </>
  );
}

/** What the centre asked for since the start, and what became of the last one. */
function CommandFacts({ commands }: Pick<StatusView, 'commands'>): JSX.Element | null {
  if (!commands) return null;
  const { done, refused, last } = commands;
  return (
    <>
      <span>{t('commands.done', { count: done })}</span>
      {refused > 0 ? <span>{t('commands.refused', { count: refused })}</span> : null}
      {last === undefined ? null : (
        <span>
          {t(last.state === 'done' ? 'commands.lastDone' : 'commands.lastRefused', { kind: last.kind })}{' '}
          <Ago time={last.at} />
        </span>
      )}
    </>
  );
}

/** How full the store is, and how much it writes: what wears out the card of a small machine. */
function StoreFacts({ store }: { store: StatusView['store'] }): JSX.Element {
  const { lastSeq, firstSeq, sizeBytes, limitBytes, freeBytes } = store;
  const { writtenBytesToday: written, dailyBudgetBytes: budget, projectedWearYears: years } = store;
  const { deviceBytesToday: counted, deviceLifeUsedPercent: used } = store;
  return (
    <>
      <span>{t('part.records', { count: Math.max(0, lastSeq - firstSeq + 1) })}</span>
      <span>
        {limitBytes === undefined
          ? bytes(sizeBytes)
          : t('store.size', { size: bytes(sizeBytes), limit: bytes(limitBytes) })}
      </span>
      {freeBytes === undefined ? null : <span>{t('store.free', { free: bytes(freeBytes) })}</span>}
      {written === undefined ? null : (
        <span class={budget !== undefined && written > budget ? 'amiss' : ''}>
          {budget === undefined
            ? t('store.written', { written: bytes(written) })
            : t('store.budget', { written: bytes(written), budget: bytes(budget) })}
        </span>
      )}
      {counted === undefined ? null : <span>{t('store.device', { written: bytes(counted) })}</span>}
      {used === undefined ? null : (
        <span class={used >= MUCH_USED_PERCENT ? 'amiss' : ''}>{t('store.lifeUsed', { percent: used })}</span>
      )}
      {years === undefined ? null : (
        <span class={years < FEW_YEARS ? 'amiss' : ''}>
          {years < 1
            ? t('store.wearSoon')
            : t('store.wear', { count: Math.min(Math.round(years), MANY_YEARS) })}
        </span>
      )}
      {written === undefined || budget === undefined ? null : (
        <meter
          class="meter"
          min={0}
          max={budget}
          high={budget}
          value={Math.min(written, budget)}
          aria-label={t('store.meter')}
        />
      )}
    </>
  );
}

function SinkFacts({ name, sink }: { name: SinkName; sink: SinkView }): JSX.Element {
  return (
    <>
      <span>{t('part.delivered', { count: sink.delivered })}</span>
      {sink.pending > 0 ? (
        <span>
          {t('part.pending', { count: sink.pending })}
          {sink.oldestPending === undefined ? null : (
            <>
              , {t('part.oldest')} <Ago time={sink.oldestPending} />
            </>
          )}
          <OutlookWords name={name} />
        </span>
      ) : null}
      {sink.quarantined > 0 ? (
        <a class="amiss look" href={hrefOf('quarantine', name)}>
          {t('part.quarantined', { count: sink.quarantined })} ›
        </a>
      ) : null}
      {sink.expired > 0 ? <span class="amiss">{t('part.expired', { count: sink.expired })}</span> : null}
    </>
  );
}

/** When what waits will be gone, as far as it can be told. */
export function OutlookWords({ name }: { name: SinkName }): JSX.Element | null {
  const outlook = outlooks[name].value;
  if (!outlook) return null;
  if (outlook.kind === 'stuck') return <strong class="amiss"> · {t('part.stuck')}</strong>;
  return (
    <strong> · {t('part.doneAt', { time: clockTime(outlook.atMs, today.value, siteZone.value) })}</strong>
  );
}
