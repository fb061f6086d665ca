/** One frame: how it was on the air, why it was not let in, each of its bits with the clause that says so, a report to copy. */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { FrameDetailView, FramePartView } from '../../shapes/frames.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Empty, Reception, Refused, Section, SubPage } from '../components.tsx';
import { wholeTime } from '../dates.ts';
import { duration } from '../format.ts';
import { StateIcon } from '../icons.tsx';
import { hrefOf } from '../page.ts';
import { refusalWords } from '../refusal-words.ts';
import { siteZone, status } from '../site.ts';
import { t } from '../texts.ts';
import { sendingWords, Who } from './frames.tsx';
import { reportOf } from './report.ts';

export function FramePage({ id }: { id: string }): JSX.Element {
  const frame = useSignal<FrameDetailView | undefined>(undefined);
  const refusal = useSignal<Refusal | undefined>(undefined);
  useSignalEffect(() => {
    ask(api.frames[':id'].$get({ param: { id: encodeURIComponent(id) } })).then(
      (answer) => {
        frame.value = answer.value;
        refusal.value = answer.refusal;
      },
      () => {},
    );
  });
  const found = frame.value;
  if (found) return <Known frame={found} />;
  const code = refusal.value?.code;
  return (
    <SubPage title={t('frames.title')}>
      {code === 'unknown-frame' ? <Empty hint={t('frames.gone')} /> : <Refused refusal={refusal.value} />}
    </SubPage>
  );
}

function Known({ frame }: { frame: FrameDetailView }): JSX.Element {
  const { kind, time, devEui, refused, encrypted, parts, specification } = frame;
  return (
    <SubPage title={t(`frames.kind.${kind}`)}>
      <p class="lead of-frame">
        {devEui === undefined ? (
          <Who frame={frame} />
        ) : (
          <a href={hrefOf('device', devEui)}>
            <Who frame={frame} />
          </a>
        )}{' '}
        <time dateTime={time}>{wholeTime(Date.parse(time), siteZone.value)}</time>
      </p>
      {refused === undefined ? null : (
        <p class="hint note">
          <StateIcon mark="degraded" />
          <span>
            <strong>{t('frames.whyRefused')}.</strong> {refusalWords(refused)}.
          </span>
        </p>
      )}
      <OnAir frame={frame} />
      <Section id="bits" title={t('frames.inIt')}>
        {encrypted ? <p class="hint">{t('frames.encryptedHint')}</p> : null}
        <ul class="rows parts-of-frame">
          {parts.map((part) => (
            <Part key={`${part.inside ?? ''} ${part.offset}`} part={part} />
          ))}
        </ul>
        <p class="detail">{t('frames.specification', { name: specification })}</p>
      </Section>
      <Report frame={frame} />
    </SubPage>
  );
}

function OnAir({ frame }: { frame: FrameDetailView }): JSX.Element {
  const { frequency, dataRate, bytes, receptions, sending, phyPayload } = frame;
  return (
    <Section id="air" title={t('frames.air')}>
      <p class="facts">
        <span class="number">{t('frames.frequency', { mhz: String(frequency / 1e6) })}</span>
        <span class="number">{dataRate}</span>
        <span class="number">{t('frames.bytes', { count: bytes })}</span>
      </p>
      <p class="mono bytes-of-frame">{phyPayload}</p>
      <ul class="rows">
        {receptions.map(({ gatewayId, rssi, snr, channel }) => (
          <li class="row of-gateway" key={`${gatewayId} ${channel}`}>
            <a href={hrefOf('gateway', gatewayId)}>
              <span class="mono">{gatewayId}</span>
            </a>
            <Reception rssi={rssi} snr={snr} dataRate={dataRate} whole />
          </li>
        ))}
        {sending ? (
          <li class="row of-gateway">
            <a href={hrefOf('gateway', sending.gatewayId)}>
              <span class="mono">{sending.gatewayId}</span>
            </a>
            <span>{sendingWords(sending)}</span>
          </li>
        ) : null}
        {sending?.windows.map((window, index) => (
          <li class="row" key={window.delayMs ?? -1}>
            <span>
              {t('frames.window', { number: index + 1 })}{' '}
              <span class="quiet">
                {window.delayMs === undefined
                  ? t('frames.atOnce')
                  : t('frames.after', { time: duration(window.delayMs) })}
              </span>
            </span>
            <span class="number">
              {t('frames.frequency', { mhz: String(window.frequency / 1e6) })} {window.dataRate}{' '}
              {t('frames.power', { power: window.power })}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Part({ part }: { part: FramePartView }): JSX.Element {
  const { name, inside, bytes, clear, encrypted, value, clause, fields } = part;
  return (
    <li class={inside === undefined ? 'frame-part' : 'frame-part inner'}>
      <strong>{name}</strong>
      <span class="quiet clause">{t('frames.clause', { clause })}</span>
      <span class="mono bytes-of-frame">{bytes}</span>
      {value === undefined ? null : <span class="value">{value}</span>}
      {encrypted ? <span class="value quiet">{t('frames.encrypted')}</span> : null}
      {clear === undefined ? null : (
        <span class="value">
          <span class="quiet">{t('frames.clear')}</span> <span class="mono bytes-of-frame">{clear}</span>
        </span>
      )}
      {fields.length === 0 ? null : (
        <dl class="bits">
          {fields.map((field) => (
            <div key={field.name}>
              <dt>
                {field.name} {field.bits === undefined ? null : <span class="mono quiet">{field.bits}</span>}
              </dt>
              <dd>
                {field.value}
                {field.clause === undefined ? null : (
                  <span class="quiet clause"> {t('frames.clause', { clause: field.clause })}</span>
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}

function Report({ frame }: { frame: FrameDetailView }): JSX.Element {
  const identifiers = useSignal(true);
  const payload = useSignal(false);
  const said = useSignal('');
  const text = useRef<HTMLTextAreaElement>(null);
  const leftOut = { identifiers: identifiers.value, payload: payload.value };
  const report = reportOf(frame, leftOut, status.value?.version ?? '');
  const copy = async (): Promise<void> => {
    text.current?.select();
    try {
      await navigator.clipboard.writeText(report);
      said.value = t('frames.copied');
    } catch {
      // Without TLS the browser has no clipboard for us.
      said.value = t('frames.notCopied');
    }
  };
  return (
    <Section id="report" title={t('frames.report')}>
      <p class="lead">{t('frames.reportHint')}</p>
      <div class="tools">
        <button
          type="button"
          class="toggle"
          aria-pressed={identifiers.value}
          onClick={() => {
            identifiers.value = !identifiers.value;
          }}
        >
          {t('frames.leaveIds')}
        </button>
        <button
          type="button"
          class="toggle"
          aria-pressed={payload.value}
          onClick={() => {
            payload.value = !payload.value;
          }}
        >
          {t('frames.leavePayload')}
        </button>
        <button type="button" class="primary" onClick={() => void copy()}>
          {t('frames.copy')}
        </button>
      </div>
      <p role="status">{said}</p>
      <textarea
        ref={text}
        class="mono report"
        aria-label={t('frames.reportText')}
        readOnly
        rows={12}
        value={report}
      />
    </Section>
  );
}
