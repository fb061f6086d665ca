/** What is wrong with something that was given, in German. */
import type { INPUT_TEXTS } from '../../../../../model/said/input-texts.ts';
import type { Words } from '../../words.ts';

export const inputs: Words<typeof INPUT_TEXTS> = {
  'given.oneOf': 'fehlt oder ist zu viel: {one} oder {other} angeben',
  'given.notBoth': 'steht doppelt: {one} oder {other} angeben, nicht beides',
  'given.needed': 'wird gebraucht',
  'given.neededWith': 'wird zusammen mit {other} gebraucht',
  'given.neededUnsaid': 'wird gebraucht: der Codec sagt es nicht',
  'given.above': 'muss über {other} liegen',
  'given.entries': 'darf {limit} Einträge haben',
  'given.characters': 'darf {limit} Zeichen haben',
  'given.values': 'darf {limit} Werte haben, es sind {number}',
  'given.setOrRemove': 'fehlt: sagen, was gesetzt wird, oder dass sie entfernt werden',
  'given.oneWay':
    'fehlt oder ist zu viel: devAddr für ein personalisiertes Gerät, joinEui für eines, das beitritt',
  'given.notJson': 'ist kein JSON',
  'given.headings': 'muss ein Objekt aus Überschriften sein, jede mit einem von {columns} oder ""',
  'given.tooFar': 'liegt mehr als {days} Tage vor dem Ende',
  'given.tooManyNames': 'nennt mehr als {limit}',
  'given.twoIds': 'enthält zwei Dinge mit derselben ID',
  'given.noBytes': '{codec} macht daraus keine Bytes:',
  'given.noCodec': '{codec} macht daraus keine Bytes: einen Codec {codec} gibt es nicht',
  'model.noFirmware': 'Eine Firmware {firmware} davon für {region} gibt es nicht.',
  'model.listenOnly': 'Es ist nur für Regionen gemacht, in denen hier nicht geantwortet wird.',
  'model.elsewhere': 'Es ist für {regions} gemacht, nicht für {region}.',
  'code.long': 'ein Code auf einem Gerät hat höchstens {limit} Zeichen',
  'code.joinEui': 'die JoinEUI hat 16 Hex-Ziffern; hier steht {found}',
  'code.devEui': 'die DevEUI hat 16 Hex-Ziffern; hier steht {found}',
  'code.profile': 'das Profil hat 8 Hex-Ziffern (Hersteller, Modell); hier steht {found}',
  'code.schema': 'das Schema {found} von TR005 ist nicht bekannt, nur D0',
  'code.unknown':
    'das ist kein LoRaWAN-Code: er fängt mit LW:D0:, URN:DEV:LW: oder URN:LW:DP: an; stattdessen die DevEUI vom Etikett eintippen',
  'code.twice': 'die Erweiterung {extension} kommt zweimal vor',
  'code.empty': 'die Erweiterung {extension} ist leer',
};
