/** The strip of cards on top: how the broker, InfluxDB, the centre and the store are doing. */
import type { ComponentChildren, JSX } from 'preact';
import type { SinkView, StatusView } from '../api/schemas.ts';
import { bytes } from './format.ts';
import { StateIcon } from './icons.tsx';
import { Ago, HowLong } from './pieces.tsx';
import { PARTS, type PartName } from './site.ts';
import { t } from './texts.ts';

export function Parts({ status }: { status: StatusView }): JSX.Element {
  return (
    <div class="parts">
      {PARTS.map((name) => (
        <PartCard key={name} name={name} status={status} />
      ))}
    </div>
  );
}

function PartCard({ name, status }: { name: PartName; status: StatusView }): JSX.Element {
  const part = status[name];
  const absent = part.state === 'not_configured';
  return (
    <article class={`card part state-${part.state}`} aria-label={t(`part.${name}`)}>
      <header>
        <StateIcon mark={part.state} />
        <h3>{t(`part.${name}`)}</h3>
        <span class="word">{t(`state.${part.state}`)}</span>
      </header>
      <p class="detail">{part.detail}</p>
      {part.hint === undefined ? null : <p class="hint">{part.hint}</p>}
      {absent ? null : (
        <p class="facts">
          <Facts name={name} status={status} />
          <span>
            {t('part.since')} <HowLong time={part.since} />
          </span>
        </p>
      )}
    </article>
  );
}

function Facts({ name, status }: { name: PartName; status: StatusView }): ComponentChildren {
  if (name === 'broker') return <span>{t('part.messages', { count: status.broker.messages })}</span>;
  if (name !== 'store') return <SinkFacts sink={status[name]} />;
  const { lastSeq, firstSeq, sizeBytes } = status.store;
  return (
    <>
      <span>{t('part.records', { count: Math.max(0, lastSeq - firstSeq + 1) })}</span>
      <span>{bytes(sizeBytes)}</span>
    </>
  );
}

function SinkFacts({ sink }: { sink: SinkView }): JSX.Element {
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
        <span class="amiss">{t('part.quarantined', { count: sink.quarantined })}</span>
      ) : null}
      {sink.expired > 0 ? <span class="amiss">{t('part.expired', { count: sink.expired })}</span> : null}
    </>
  );
}
