/** The strip of cards on top: how the broker, InfluxDB, the centre and the store are doing. */
import type { ComponentChildren, JSX } from 'preact';
import type { SinkView, StatusView } from '../shapes/status.ts';
import { isAway } from './attention.ts';
import { Ago, HowLong } from './components.tsx';
import { bytes, sentence } from './format.ts';
import { StateIcon } from './icons.tsx';
import { InfluxCare } from './influx-care.tsx';
import { hrefOf } from './page.ts';
import { brokerUrl, type PartName, type PartView, partsOf } from './parts.ts';
import { t } from './texts.ts';

/** A disk that lasts shorter is worth a word; nobody plans further than the other. */
/** Of the life of a card: time to get another. */
const MUCH_USED_PERCENT = 90;
const FEW_YEARS = 3;
const MANY_YEARS = 100;

export function Parts({ status }: { status: StatusView }): JSX.Element {
  return (
    <div class="parts">
      {partsOf(status)
        .filter(([name, { state }]) => isShown(name, state))
        .map(([name, part]) => (
          <PartCard key={name} name={name} part={part} status={status} />
        ))}
    </div>
  );
}

/** Clock and backups are worth a card only when they are not well. */
function isShown(name: PartName, state: PartView['state']): boolean {
  if (name === 'backup') return state === 'degraded' || state === 'down';
  return name !== 'time' || state !== 'ok';
}

interface PartProps {
  readonly name: PartName;
  readonly part: PartView;
  readonly status: StatusView;
}

function PartCard({ name, part, status }: PartProps): JSX.Element {
  const absent = part.state === 'not_configured';
  const away = isAway(name, status);
  return (
    <article class={`card part state-${away ? 'away' : part.state}`} aria-label={t(`part.${name}`)}>
      <header>
        <StateIcon mark={away ? 'connecting' : part.state} />
        <h3>{t(`part.${name}`)}</h3>
        <span class="word">{t(`state.${away ? 'away' : part.state}`)}</span>
      </header>
      <p class="detail">{sentence(part.detail)}</p>
      {part.hint === undefined ? null : <p class={away ? 'detail' : 'hint'}>{sentence(part.hint)}</p>}
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

function SinkFacts({ name, sink }: { name: string; sink: SinkView }): JSX.Element {
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
