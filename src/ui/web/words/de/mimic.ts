/** Words about drawings of the site, in German. */
import type { mimic as english } from '../en/mimic.ts';
import type { Words } from '../words.ts';

export const mimic: Words<typeof english> = {
  'mimic.title': 'Zeichnungen',
  'mimic.all': 'Alle Geräte',
  'mimic.missing': 'Diese Zeichnung gibt es nicht (mehr).',
  'mimic.empty': 'Darauf liegt noch nichts.',
  'mimic.newName': 'Name einer neuen Zeichnung',
  'mimic.new': 'Neue Zeichnung',
  'mimic.arrange': 'Anordnen',
  'mimic.how':
    'Was auf der Zeichnung liegt, lässt sich ziehen oder mit den Pfeiltasten bewegen; Entf nimmt es weg.',
  'mimic.kind.value': 'Wert',
  'mimic.kind.button': 'Taste',
  'mimic.kind.text': 'Text',
  'mimic.picture': 'Grundriss oder Bild',
  'mimic.unfinished': 'Etwas ist noch nicht ausgefüllt.',
  'mimic.save': 'Speichern',
  'mimic.leave': 'Lassen, wie es war',
  'mimic.remove': 'Von der Zeichnung nehmen',
  'mimic.removeSheet': 'Diese Zeichnung entfernen',
  'mimic.device': 'Gerät',
  'mimic.field': 'Feld',
  'mimic.choose': 'Auswählen …',
  'mimic.main': 'Der Hauptwert',
  'mimic.ownName': 'Name auf der Zeichnung (leer: der des Geräts)',
  'mimic.text': 'Was geschrieben steht',
  'mimic.port': 'Port',
  'mimic.data': 'Bytes, hexadezimal',
  'mimic.beyond': 'Grenze {limit}',
  'mimic.gone': 'kein solches Gerät',
  'mimic.queued': 'Eingereiht',
};
