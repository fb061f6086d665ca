/** One gateway: how it hears and sends, what its clock and its duty cycle do, and what people have noted down about it. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX, TargetedSubmitEvent } from 'preact';
import { useRef } from 'preact/hooks';
import type { GatewayView } from '../../shapes/status.ts';
import { maySetUp } from '../access.ts';
import { api, ask, type Refusal, tell } from '../call.ts';
import { Ago, ConfirmButton, Empty, Reception, Refused, Section, SubPage } from '../components.tsx';
import { decibel, duration } from '../format.ts';
import { hrefOf } from '../page.ts';
import { gateways } from '../site.ts';
import { locale, t } from '../texts.ts';
import { GatewayState, Qos0 } from './gateways.tsx';

/** A gateway's clock that is off by more is worth a word: devices are told the time by it. */
const CLOCK_OFF_MS = 5_000;

export function GatewayPage({ gatewayId }: { gatewayId: string }): JSX.Element {
  const gateway = gateways.value.find((one) => one.gatewayId === gatewayId);
  if (!gateway)
    return (
      <SubPage title={gatewayId}>
        <Empty hint={t('gateway.unknown')} />
        {/^[0-9a-f]{16}$/.test(gatewayId) && maySetUp.value ? (
          <Note key={gatewayId} gateway={{ gatewayId, revision: '' }} />
        ) : null}
      </SubPage>
    );
  return (
    <SubPage title={gateway.name ?? gatewayId} aside={<GatewayState state={gateway.state} />}>
      {gateway.name === undefined ? null : <p class="lead mono">{gatewayId}</p>}
      {gateway.qos === 0 ? <Qos0 /> : null}
      <div class="columns">
        <Hearing gateway={gateway} />
        <Sending gateway={gateway} />
        {maySetUp.value ? <Note key={gatewayId} gateway={gateway} /> : <NoteRead gateway={gateway} />}
      </div>
    </SubPage>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Hearing({ gateway }: { gateway: GatewayView }): JSX.Element {
  const { lastSeen, uplinks, lastRssi, lastSnr, noiseDbm, rxReceived, rxOk, qos } = gateway;
  return (
    <Section
      id="hearing"
      title={t('gateway.hearing')}
      link={{ href: hrefOf('frames'), text: t('frames.title') }}
    >
      <dl class="facts-list">
        <Fact name={t('gateway.seen')}>
          {lastSeen === null ? t('gateways.never') : <Ago time={lastSeen} />}
        </Fact>
        <Fact name={t('gateway.frames')}>
          <span class="number">{uplinks.toLocaleString(locale)}</span>
        </Fact>
        {rxReceived === undefined || rxOk === undefined ? null : (
          <Fact name={t('gateway.damaged')}>
            {t('gateway.damagedOf', { damaged: rxReceived - rxOk, all: rxReceived })}
          </Fact>
        )}
        {lastRssi === undefined || lastSnr === undefined ? null : (
          <Fact name={t('gateway.newest')}>
            <Reception rssi={lastRssi} snr={lastSnr} />
          </Fact>
        )}
        <Fact name={t('gateway.noise')}>
          {noiseDbm === undefined ? (
            <span class="quiet">{t('gateway.noNoise')}</span>
          ) : (
            <span class="number">{t('gateway.dbm', { value: decibel(noiseDbm) })}</span>
          )}
        </Fact>
        {qos === undefined ? null : (
          <Fact name={t('gateway.qos')}>
            <span class="number">{qos}</span>
          </Fact>
        )}
      </dl>
      <p class="detail">{t('gateway.noiseHint')}</p>
    </Section>
  );
}

function Sending({ gateway }: { gateway: GatewayView }): JSX.Element {
  const { clock, clockAheadMs, txEmitted, duty = [] } = gateway;
  return (
    <Section id="sending" title={t('gateway.sending')}>
      <dl class="facts-list">
        {clock === undefined ? null : (
          <Fact name={t('gateway.clock')}>
            {t(`gateway.clock.${clock}`)}
            {clockAheadMs === undefined ? null : (
              <span class={Math.abs(clockAheadMs) > CLOCK_OFF_MS ? 'amiss' : 'quiet'}>
                {' '}
                {t(clockAheadMs < 0 ? 'gateway.behind' : 'gateway.ahead', {
                  time: duration(clockAheadMs),
                })}
              </span>
            )}
          </Fact>
        )}
        {txEmitted === undefined ? null : (
          <Fact name={t('gateway.emitted')}>
            <span class="number">{txEmitted.toLocaleString(locale)}</span>
          </Fact>
        )}
        {duty.map(({ band, fromHz, toHz, allowed, used }) => (
          <Fact key={band} name={t('gateway.band', { from: mhz(fromHz), to: mhz(toHz) })}>
            <meter min={0} max={1} high={0.8} value={Math.min(1, used)} aria-label={t('gateway.duty')} />{' '}
            <span class="number">
              {t('gateway.used', { used: percent(used), allowed: percent(allowed) })}
            </span>
          </Fact>
        ))}
      </dl>
      {duty.length === 0 ? <p class="detail">{t('gateway.noDuty')}</p> : null}
    </Section>
  );
}

function mhz(hertz: number): string {
  return String(hertz / 1e6);
}

function percent(share: number): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(share);
}

function NoteRead({ gateway: { place, antenna, position } }: { gateway: GatewayView }): JSX.Element | null {
  if (place === undefined && antenna === undefined && position === undefined) return null;
  return (
    <Section id="note" title={t('gateway.note')}>
      <dl class="facts-list">
        {place === undefined ? null : <Fact name={t('gateway.place')}>{place}</Fact>}
        {antenna === undefined ? null : <Fact name={t('gateway.antenna')}>{antenna}</Fact>}
        {position === undefined ? null : <Fact name={t('gateway.position')}>{positionText(position)}</Fact>}
      </dl>
    </Section>
  );
}

type Noted = Pick<GatewayView, 'gatewayId' | 'name' | 'place' | 'antenna' | 'position' | 'revision'>;

function positionText(position: GatewayView['position']): string {
  return position ? `${position.latitude.toFixed(5)}, ${position.longitude.toFixed(5)}` : '';
}

/** What somebody else wrote, in one line. */
function notedText({ name, place, antenna, position }: Noted): string {
  return [name, place, antenna, positionText(position)].filter((one) => one).join(' · ') || '—';
}

function isNoted({ name, place, antenna }: Noted): boolean {
  return name !== undefined || place !== undefined || antenna !== undefined;
}

/** '47.05, 8.31' as it is read off a map. */
export function positionOf(text: string): { latitude: number; longitude: number } | undefined {
  const [, latitude, longitude] =
    /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text) ?? [];
  return latitude === undefined ? undefined : { latitude: Number(latitude), longitude: Number(longitude) };
}

function Note({ gateway }: { gateway: Noted }): JSX.Element {
  const { gatewayId } = gateway;
  // A field that nobody has typed in would follow its value: what is saved would be what nobody has looked at.
  const { name, place, antenna, position } = useRef(gateway).current;
  const refused = useSignal<Refusal | undefined>(undefined);
  const said = useSignal('');
  // As the form was filled from; what others note down meanwhile comes by the live view and changes no field.
  const base = useSignal(gateway.revision);
  const headers = (): Record<string, string> =>
    base.peek() === '' ? {} : { 'if-match': `"${base.peek()}"` };
  const refuse = async (refusal: Refusal): Promise<void> => {
    refused.value = refusal;
    said.value = '';
    if (refusal.code !== 'changed-meanwhile') return;
    const { value } = await ask(api.gateways[':gatewayId'].$get({ param: { gatewayId } }));
    if (!value) return;
    base.value = value.revision;
    said.value = t('gateway.theirs', { noted: notedText(value) });
  };
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (field: string): string => String(form.get(field) ?? '').trim();
    const given = (field: string) => (text(field) === '' ? {} : { [field]: text(field) });
    const where = positionOf(text('position'));
    if (text('position') !== '' && !where) {
      said.value = t('gateway.badPosition');
      return;
    }
    const json = {
      ...given('name'),
      ...given('place'),
      ...given('antenna'),
      ...(where ? { position: where } : {}),
    };
    const { refusal, value } = await ask(
      api.gateways[':gatewayId'].$put({ param: { gatewayId }, json }, { headers: headers() }),
    );
    if (refusal) return refuse(refusal);
    refused.value = undefined;
    base.value = value.revision;
    said.value = t('gateway.saved');
    gateways.value = [...gateways.value.filter((one) => one.gatewayId !== gatewayId), value];
  };
  const forget = async (): Promise<void> => {
    const refusal = await tell(
      api.gateways[':gatewayId'].$delete({ param: { gatewayId } }, { headers: headers() }),
    );
    if (refusal) return refuse(refusal);
    refused.value = undefined;
    base.value = '';
    said.value = t('gateway.forgotten');
  };
  return (
    <Section id="note" title={t('gateway.note')}>
      <form class="entry" onSubmit={(event) => void submit(event)}>
        <Field id="name" label={t('gateway.name')} value={name ?? ''} most={100} />
        <Field id="place" label={t('gateway.place')} value={place ?? ''} most={300} />
        <Field id="antenna" label={t('gateway.antenna')} value={antenna ?? ''} most={300} />
        <Field id="position" label={t('gateway.positionField')} value={positionText(position)} most={60} />
        <Refused refusal={refused.value} />
        <p role="status">{said}</p>
        <div class="tools">
          <button type="submit" class="primary">
            {t('gateway.save')}
          </button>
          {isNoted(gateway) ? <ConfirmButton label={t('gateway.forget')} act={() => void forget()} /> : null}
        </div>
      </form>
    </Section>
  );
}

function Field(props: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly most: number;
}): JSX.Element {
  const { id, label, value, most } = props;
  return (
    <div class="field">
      <label for={`gateway-${id}`}>{label}</label>
      <input id={`gateway-${id}`} name={id} defaultValue={value} maxLength={most} autocomplete="off" />
    </div>
  );
}
