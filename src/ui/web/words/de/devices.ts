/** Words about the list of devices, in German. */
import type { devices as english } from '../en/devices.ts';
import type { Words } from '../words.ts';

export const devices: Words<typeof english> = {
  'devices.area': 'Bereich',
  'devices.allAreas': 'Alle Bereiche',
  'devices.noArea': 'In keinem Bereich ({count})',
  'devices.inArea': '{name} ({count})',
  'devices.abnormal': { one: '{count} auffällig', other: '{count} auffällig' },
  'devices.several': 'Mehrere ändern',
  'devices.title': 'Geräte',
  'devices.empty': 'Noch kein Gerät angelegt',
  'devices.emptyHint':
    'Eine Liste der Geräte auf die Box bringen, eine CSV-Datei oder was ein anderer Network Server ausgibt, und dort: webscada-edge devices import DATEI',
  'devices.filter': 'Gerät suchen',
  'devices.count': { one: '{count} angelegt', other: '{count} angelegt' },
  'devices.found': { one: '{count} Gerät gefunden', other: '{count} Geräte gefunden' },
  'devices.every': 'üblich alle {time}',
  'devices.everyShort': 'alle {time}',
  'devices.low': 'unter seiner Grenze',
  'devices.high': 'über seiner Grenze',
  'devices.noneFound': 'Kein Gerät passt. Die Suche leeren, um alle {count} zu sehen.',
  'devices.silent': 'Noch kein Messwert',
  'devices.raw': 'Nutzdaten',
};
