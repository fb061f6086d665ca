/** Words about devices from a file, in German. */
import type { importing as english } from '../en/import.ts';
import type { Words } from '../words.ts';

export const importing: Words<typeof english> = {
  'import.title': 'Aus einer Datei',
  'import.hint':
    'CSV oder JSON: unsere eigene, die von ChirpStack oder von The Things Stack. Spalten werden an ihren Namen erkannt. Nichts geschieht, bevor zu sehen war, was geschähe.',
  'import.choose': 'Datei wählen …',
  'import.would': 'Neu würden {created}, geändert {changed}, unverändert bleiben {skipped}.',
  'import.did': 'Neu {created}, geändert {changed}, unverändert {skipped}.',
  'import.columns': 'Was die Spalten bedeuten',
  'import.columnsHint':
    'Nach ihren Namen geraten; was nicht stimmt, ändern. Dieser Browser merkt es sich für Dateien mit denselben Überschriften.',
  'import.leftOut': 'weggelassen',
  'import.column.devEui': 'DevEUI',
  'import.column.joinEui': 'JoinEUI (AppEUI)',
  'import.column.appKey': 'AppKey',
  'import.column.name': 'Name',
  'import.column.area': 'Bereich',
  'import.column.description': 'Notizen',
  'import.column.profile': 'Profil',
  'import.column.codec': 'Codec',
  'import.column.region': 'Region',
  'import.column.macVersion': 'LoRaWAN-Version',
  'import.column.deviceClass': 'Klasse',
  'import.column.devAddr': 'DevAddr',
  'import.column.nwkSKey': 'NwkSKey',
  'import.column.appSKey': 'AppSKey',
  'import.column.fCntUp': 'Nächster Uplink-Zähler',
  'import.column.fCntDown': 'Nächster Downlink-Zähler',
  'import.created': 'Neu',
  'import.changed': 'Geändert',
  'import.skipped': 'Unverändert',
  'import.problems': 'Nicht lesbar, nach Zeile',
  'import.do': { one: '{count} Gerät übernehmen', other: '{count} Geräte übernehmen' },
  'import.undo': 'Diesen Import zurücknehmen',
  'import.undone':
    'Zurückgenommen: {restored} sind wie zuvor, {removed} entfernt, {skipped} seither geändert und unberührt.',
  'import.more': '… und {count} weitere',
};
