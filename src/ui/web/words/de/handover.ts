/** Words about the report that is handed over, in German. */
import type { handover as english } from '../en/handover.ts';
import type { Words } from '../words.ts';

export const handover: Words<typeof english> = {
  'handover.title': 'Übergabebericht',
  'handover.print': 'Drucken oder als PDF speichern',
  'handover.site': 'Standort',
  'handover.made': 'Stand',
  'handover.who': 'Übergeben von',
  'handover.notes': 'Bemerkungen',
  'handover.doctor': 'Was die Box an sich findet',
  'handover.level.ok': 'Gut',
  'handover.level.warning': 'Prüfen',
  'handover.level.problem': 'Störung',
  'handover.noArea': 'Ohne Bereich',
  'handover.photosLeft': {
    one: '{count} Foto fehlt hier: es ist auf der Seite seines Geräts.',
    other: '{count} Fotos fehlen hier: sie sind auf den Seiten ihrer Geräte.',
  },
  'handover.sign': 'Ort, Datum, Unterschrift',
  'handover.what.pages': 'Seiten',
  'handover.what.store': 'Speicher',
  'handover.what.disk': 'Platte',
  'handover.what.clock': 'Uhr',
  'handover.what.commands': 'Befehle der Zentrale',
  'handover.what.centre': 'Zentrale',
  'handover.what.backup': 'Backup',
  'handover.what.network': 'Netz',
  'handover.what.devices': 'Geräte',
  'handover.what.tracing': 'Traces',
};
