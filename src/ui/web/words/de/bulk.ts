/** Words about changing several devices at once, in German. */
import type { bulk as english } from '../en/bulk.ts';
import type { Words } from '../words.ts';

export const bulk: Words<typeof english> = {
  'bulk.all': { one: 'Das eine gezeigte wählen', other: 'Die {count} gezeigten wählen' },
  'bulk.none': 'Keines wählen',
  'bulk.chosen': { one: '{count} gewählt', other: '{count} gewählt' },
  'bulk.task': 'Was zu ändern ist',
  'bulk.task.area': 'Bereich',
  'bulk.task.profile': 'Profil',
  'bulk.task.codec': 'Codec',
  'bulk.task.remove': 'Entfernen',
  'bulk.noArea': 'Leer: kein Bereich',
  'bulk.look': 'Ansehen, was sich ändert',
  'bulk.would': 'Geändert würden {changed}, entfernt {removed}, unverändert bleiben {skipped}.',
  'bulk.did': 'Geändert {changed}, entfernt {removed}, unverändert {skipped}.',
  'bulk.do': { one: '{count} Gerät ändern', other: '{count} Geräte ändern' },
  'bulk.doRemove': { one: '{count} Gerät entfernen', other: '{count} Geräte entfernen' },
  'bulk.fromTo': '{what} von {from} zu {to}',
  'bulk.nothing': 'keinem',
  'bulk.why.unknown': 'gibt es nicht mehr',
  'bulk.why.changed': 'wurde inzwischen von jemand anderem geändert',
  'bulk.why.config': 'ist in der Konfigurationsdatei angelegt, die vorgeht',
  'bulk.why.chirpstack': 'wird vom ChirpStack dieses Standorts verwaltet',
  'bulk.why.same': 'ist schon so',
};
