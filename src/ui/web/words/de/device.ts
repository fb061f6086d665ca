/** Words about one device, in German. */
import type { device as english } from '../en/device.ts';
import type { Words } from '../words.ts';

export const device: Words<typeof english> = {
  'device.values': 'Werte',
  'device.range': '{low} bis {high} in {time}',
  'device.hidden': {
    one: '{count} verborgenen Wert zeigen',
    other: '{count} verborgene Werte zeigen',
  },
  'device.profile': 'Profil',
  'device.reception': 'Signal des letzten Messwerts',
  'device.session': 'Sitzung',
  'device.devAddr': 'DevAddr',
  'device.activation': 'Aktivierung',
  'device.otaa': 'tritt über Funk bei (OTAA)',
  'device.abp': 'fest eingestellt (ABP)',
  'device.joined': 'Letzter Join',
  'device.dataRate': 'Datenrate',
  'device.region': 'Region und Klasse',
  'device.counters': 'Nächste Rahmenzähler',
  'device.upDown': 'Uplink {up}, Downlink {down}',
  'device.battery': 'Batterie',
  'device.external': 'externe Versorgung',
  'device.batteryUnknown': 'Stand nicht bekannt',
  'device.margin': 'Reserve {margin} dB',
  'device.codec': 'Codec',
  'device.seen': 'Zuletzt gehört',
  'device.interval': 'Meldet sich alle',
  'device.expected': '{time}, erwartet {expected}',
  'device.noSession': 'Nicht bekannt: noch keine Sitzung.',
  'device.formerly': 'An der Stelle von {names}; deren Verlauf steht in seinen Diagrammen.',
  'device.readings': 'Letzte Messwerte',
  'why.silent': 'Warum es schweigt',
  'why.heard': 'Gehört, aber',
};
