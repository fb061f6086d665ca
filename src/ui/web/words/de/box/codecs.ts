/** Why a codec makes nothing of a payload, or only a part of it, and what is wrong with a script, in German. */
import type { CODEC_TEXTS } from '../../../../../model/said/codec-texts.ts';
import type { Words } from '../../words.ts';

export const codecs: Words<typeof CODEC_TEXTS> = {
  'codec.says': '{text}',
  'codec.unknown': 'einen Codec „{codec}“ gibt es nicht',
  'codec.noEncoder': '„{codec}“ ist kein Codec, der kodieren kann',
  'codec.cutOff': 'abgeschnitten hinter dem Kanal an Stelle {offset}',
  'codec.lppType': 'unbekannter Cayenne-LPP-Typ {type} an Stelle {offset}',
  'codec.lppShort': '{name} (Typ {type}) an Stelle {offset} hat {rest} von {bytes} Bytes',
  'codec.held':
    'der Codec kam nicht zurück und wurde beendet; er steht still, bis er ersetzt wird (PUT /api/v1/codecs/{name})',
  'codec.ended': 'der Codec kam nicht zurück und wurde beendet',
  'codec.paused': 'der Codec pausiert {seconds} s, weil er immer wieder an seine Grenzen kam',
  'codec.time': 'der Codec lief länger als {limit} ms und wurde angehalten',
  'codec.memory':
    'der Codec brauchte mehr als 8 MB Speicher oder rief sich zu tief selbst auf und wurde angehalten',
  'codec.crashed': 'der Codec hat die Skript-Engine zerstört; sie wurde ersetzt',
  'codec.engineStarts': 'die Skript-Engine startet gerade neu',
  'codec.engineFailed': 'die Skript-Engine ist nicht zu gebrauchen: {error}',
  'codec.workerSilent': 'der Thread der Codecs gab keine Antwort',
  'codec.workerFailed': 'der Thread der Codecs fiel aus: {error}',
  'codec.workerStuck': 'der Thread der Codecs kam {seconds} s nicht voran und wird neu gestartet',
  'codec.waiting': 'zu viele Frames warten auf ihren Codec',
  'codec.stopping': 'die Box endet gerade',
  'codec.threwNothing': 'das Skript warf einen leeren Fehler',
  'codec.noObject': 'der Codec gab kein Objekt zurück',
  'codec.noData': 'der Codec gab keine Daten zurück und keinen Fehler, der sagt, warum',
  'codec.noBytes': 'der Codec gab keine Liste von Bytes zurück',
  'codec.manyBytes': 'der Codec gab {bytes} oder mehr Bytes zurück; höchstens {limit} gehen',
  'codec.noByte': 'Byte {at} vom Codec ist kein Byte',
  'codec.port': 'der fPort vom Codec ist nicht 1 bis 223',
  'codec.noFunction': 'das Skript definiert kein {names}; ein Codec hat die Form {form}',
  'codec.otherFunction':
    'das Skript definiert kein {names}; es definiert {found}, was hier niemand aufruft: es aus {form} aufrufen',
  'codec.inside':
    'das Skript ist das Innere einer Funktion: {opening} davorsetzen und eine schließende Klammer dahinter',
  'codec.otherFile':
    '{name}: es holt etwas aus einer anderen Datei; ein Codec ist eine Datei: das hineinschreiben (Zeile {line})',
  'codec.fileOfBox': '{name} ist eine Datei der Box; dort ändern',
  'codec.builtIn': '{name} ist ein eingebauter Codec',
  'codec.name':
    'der Name eines Codecs hat 1 bis 64 Buchstaben, Ziffern, Leerzeichen und . _ - + ( ), zuerst ein Buchstabe oder eine Ziffer',
  'codec.long': 'das Skript hat {number} Zeichen; höchstens {limit} gehen',
  'codec.scripts': '{limit} Skripte sind das Höchste; zuerst eines entfernen',
  'codec.leftOut': 'weggelassen:',
  'codec.noReading': '{name}: {value} ist kein Messwert',
  'codec.nameless': '„“: ein Feld braucht einen Namen',
  'codec.nameLong': '{name}: der Name hat mehr als {limit} Zeichen',
  'codec.nested': '{name}: tiefer als {limit} geschachtelt',
  'codec.sameName': '{name}: ein anderer Wert heißt auch so',
  'codec.fields': '{name}: nur {limit} Felder werden behalten',
  'codec.values': '{name}: nur {limit} Werte werden angesehen',
  'codec.objectValues': 'das Objekt: nur {limit} Werte werden angesehen',
  'codec.textLong': '{name}: der Text hat mehr als {limit} Bytes',
  'codec.unreadable': 'das Objekt: es war nicht zu lesen',
  'codec.more': '{count} weitere weggelassen',
};
