/** Words about codecs, in German. */
import type { codecs as english } from '../en/codecs.ts';
import type { Words } from '../words.ts';

export const codecs: Words<typeof english> = {
  'codecs.title': 'Codecs',
  'codecs.lead':
    'Was aus den Bytes eines Geräts Werte macht. Skripte der Gerätehersteller laufen unverändert.',
  'codecs.kind.built-in': 'eingebaut',
  'codecs.kind.script': 'Skript',
  'codecs.kind.file': 'Datei auf der Box',
  'codecs.devices': { one: '{count} Gerät', other: '{count} Geräte' },
  'codecs.paused': 'ausgesetzt für {time}',
  'codecs.name': 'Name',
  'codecs.nameHint': 'Unter ihm nennen Geräte ihren Codec, etwa em300-th.',
  'codecs.source': 'Skript',
  'codecs.file': 'Aus einer Datei …',
  'codecs.fileOnly': 'Er liegt im Codec-Ordner der Box und wird dort geändert.',
  'codecs.builtIn': 'Eingebaut: es gibt kein Skript zu ändern, aber Bytes lassen sich probieren.',
  'codecs.try': 'Probieren',
  'codecs.port': 'Port',
  'codecs.bytes': 'Bytes, hex',
  'codecs.sampleOf': 'Das sind die neuesten Bytes von {device}.',
  'codecs.test': 'Testen',
  'codecs.save': 'Speichern',
  'codecs.saved': 'Gespeichert. Der nächste Frame wird damit dekodiert.',
  'codecs.nothing': 'Es kamen keine Werte heraus.',
  'codecs.line': 'Zeile {line}',
  'codecs.usedBy': 'Geräte, die ihn benutzen',
  'codecs.unused': 'Kein Gerät benutzt ihn.',
};
