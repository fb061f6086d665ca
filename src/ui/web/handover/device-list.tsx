/**
 * The devices of the hand-over report by area: each with its photo, where it is, how well it is heard and what it said. Of a
 * large site the photos are left out but for the first ones: a browser prints none that it has not fetched.
 */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { marginDb } from '../../../model/link-margin.ts';
import type { DeviceView } from '../../shapes/devices.ts';
import { api, ask } from '../call.ts';
import { Section } from '../components.tsx';
import { wholeTime } from '../dates.ts';
import { shownFields } from '../fields.ts';
import { decibel } from '../format.ts';
import { pictureUrl } from '../pictures.tsx';
import { devices, siteZone } from '../site.ts';
import { locale, t } from '../texts.ts';

const MAX_PHOTOS = 120;

/** Address of the photo by DevEUI. */
type Photos = ReadonlyMap<string, string>;

export function Devices(): JSX.Element {
  const photos = useSignal<Photos | undefined>(undefined);
  useEffect(() => {
    void ask(api.pictures.$get({ query: { kind: 'device' } })).then(({ value }) => {
      const found = (value?.items ?? []).map(
        ({ of, changed }) => [of, pictureUrl('device', of, changed)] as const,
      );
      photos.value = new Map(found);
    });
  }, []);
  const all = devices.value.map((device) => device.value);
  const shown = photosShown(all, photos.value ?? new Map());
  const left = (photos.value?.size ?? 0) - shown.size;
  return (
    <Section id="handover-devices" title={t('devices.title')} count={all.length}>
      {left > 0 ? <p class="detail">{t('handover.photosLeft', { count: left })}</p> : null}
      {[...byArea(all)].map(([area, those]) => (
        <div key={area} class="handover-area">
          <h3>{area === '' ? t('handover.noArea') : area}</h3>
          {those.map((device) => (
            <Device key={device.devEui} device={device} photo={shown.get(device.devEui)} />
          ))}
        </div>
      ))}
    </Section>
  );
}

/** Areas in the order of the alphabet, devices without one last. */
export function byArea(all: readonly DeviceView[]): ReadonlyMap<string, readonly DeviceView[]> {
  const order = new Intl.Collator(locale, { numeric: true }).compare;
  const areas = new Map<string, DeviceView[]>();
  for (const device of all) {
    const { area = '' } = device;
    const there = areas.get(area);
    if (there) there.push(device);
    else areas.set(area, [device]);
  }
  const names = [...areas.keys()].sort((a, b) => Number(a === '') - Number(b === '') || order(a, b));
  return new Map(
    names.map((name) => [name, (areas.get(name) ?? []).toSorted((a, b) => order(a.name, b.name))]),
  );
}

function photosShown(all: readonly DeviceView[], photos: Photos): Photos {
  const those = all.flatMap(({ devEui }) => {
    const url = photos.get(devEui);
    return url === undefined ? [] : [[devEui, url] as const];
  });
  return new Map(those.slice(0, MAX_PHOTOS));
}

function Device({ device, photo }: { device: DeviceView; photo: string | undefined }): JSX.Element {
  const { name, devEui, last, fields, notes } = device;
  const values = last ? shownFields(last.fields, fields) : [];
  const best = last?.receptions[0];
  const margin = best && marginDb(best.snr, last?.dataRate);
  return (
    <article class="handover-device">
      {photo === undefined ? null : <img src={photo} alt={t('picture.photoOf', { name })} />}
      <div>
        <h4>
          {name} <span class="mono quiet">{devEui}</span>
        </h4>
        {notes === undefined ? null : <p>{notes}</p>}
        {last ? (
          <p class="detail">
            {wholeTime(Date.parse(last.time), siteZone.value)}
            {margin === undefined ? '' : `, ${t('signal.margin', { margin: decibel(margin) })}`}
          </p>
        ) : (
          <p class="hint">{t('devices.silent')}</p>
        )}
        <p>
          {values.map(({ key, label, text, unit }) => (
            <span key={key} class="pair">
              <span class="quiet">{label}</span> {text} {unit}{' '}
            </span>
          ))}
        </p>
      </div>
    </article>
  );
}
