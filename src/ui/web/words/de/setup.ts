/** Words about what is set of a device, in German. */
import type { setup as english } from '../en/setup.ts';
import type { Words } from '../words.ts';

export const setup: Words<typeof english> = {
  'setup.title': 'Einstellungen',
  'setup.open': 'Einrichten',
  'setup.notes': 'Notizen',
  'setup.rawCodec': 'raw: der des Profils, sonst nur Bytes',
  'setup.appKey': 'AppKey',
  'setup.nwkSKey': 'NwkSKey',
  'setup.appSKey': 'AppSKey',
  'setup.keyKept': 'unverändert',
  'setup.keyMissing': 'fehlt',
  'setup.keyHint':
    '32 Hexziffern. Schlüssel gehen nur hinein: was da ist, wird nie gezeigt und bleibt, wo nichts eingetragen wird.',
  'setup.badKey': 'Ein Schlüssel hat 32 Hexziffern.',
  'setup.save': 'Speichern',
  'setup.saved': 'Gespeichert.',
  'setup.of.config':
    'In der Konfigurationsdatei angelegt: Bereich und Notizen werden hier gesetzt, der Rest dort.',
  'setup.of.chirpstack':
    'Vom ChirpStack dieses Standorts verwaltet: Name, Bereich und Notizen werden hier gesetzt, der Rest dort.',
  'setup.onFrames': 'Was {codec} aus seinen letzten Frames macht',
  'setup.meanwhile': 'Jemand anderes hat dieses Gerät inzwischen geändert. Nichts wurde überschrieben.',
  'setup.otherwise': 'Etwas, das nicht auf dieser Seite steht.',
  'setup.takeTheirs': 'Deren Stand übernehmen',
  'setup.keepMine': 'Meine Änderungen behalten und noch einmal ansehen',
  'setup.part.name': 'Name',
  'setup.part.area': 'Bereich',
  'setup.part.profile': 'Profil',
  'setup.part.codec': 'Codec',
  'setup.part.joinEui': 'JoinEUI',
  'setup.part.devAddr': 'DevAddr',
  'setup.part.notes': 'Notizen',
  'setup.replace': 'Durch ein anderes Gerät ersetzen',
  'setup.replaceHint':
    'Für ein defektes: das neue übernimmt Name, Bereich, Profil, Notizen, Foto und Verlauf. Das alte wird nicht mehr eingelassen.',
  'setup.newDevEui': 'DevEUI des neuen',
  'setup.wrong.devEui': 'Eine DevEUI hat 16 Hexziffern.',
  'setup.wrong.appKey': 'Ein AppKey hat 32 Hexziffern; leer, wenn er später kommt.',
  'setup.replaceDo': 'An die Stelle von {name} setzen',
  'setup.remove': 'Gerät entfernen',
  'setup.removeHint': 'Es wird nicht mehr eingelassen. Seine Messwerte bleiben.',
};
