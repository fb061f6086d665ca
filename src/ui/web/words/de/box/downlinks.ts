/** Why a downlink is not taken, was not sent, or is tried again, in German. */
import type { DOWNLINK_TEXTS } from '../../../../../model/said/downlink-texts.ts';
import type { Words } from '../../words.ts';

export const downlinks: Words<typeof DOWNLINK_TEXTS> = {
  'downlink.queueFull': 'Die Schlange dieses Geräts ist voll: abwarten, oder etwas herausnehmen.',
  'downlink.noDevice': 'Kein Gerät hat die DevEUI {devEui}.',
  'downlink.notHere':
    'Von hier wird nichts gesendet: gateway.transmit ist aus, oder dieser Netzwerkserver kennt die Region nicht.',
  'downlink.noKeys': 'Das Gerät hat hier keine Schlüssel; ein anderer Server spricht mit ihm.',
  'downlink.payload': 'Gesendet werden Hex-Ziffern, höchstens {limit} Bytes.',
  'downlink.port': 'Ein Port ist 1 bis 223.',
  'downlink.tooLong':
    'mit {bytes} Bytes länger als die {limit}, die bei der Datenrate des Geräts hineinpassen',
  'downlink.notStored': 'er ließ sich nicht speichern',
  'downlink.storedLate': 'ihn zu speichern dauerte länger, als das Gerät zuhört',
  'downlink.noAnswer': 'keine Antwort vom Gateway',
  'downlink.neverAnswered':
    'keine Antwort vom Gateway, wie auf jeden Befehl bisher: lässt der Broker uns gateway/+/command/# schreiben (seine Zugriffsliste)?',
  'downlink.gatewaySays': 'das Gateway sagt {words}',
  'downlink.noWindow': 'das Gateway hat ihn in keinem seiner Fenster gesendet',
  'downlink.notAcknowledged': 'das Gerät hat ihn nicht bestätigt',
  'downlink.restarted': 'die Box startete neu, bevor das Gateway antwortete',
  'downlink.noConnection': 'keine Verbindung zum Broker',
  'downlink.nobodyListens':
    'beim Broker nimmt niemand Befehle für dieses Gateway an: läuft seine Gateway Bridge, mit denselben Topics (command_topic_template)?',
  'downlink.brokerSays': 'der Broker nimmt den Befehl nicht an: {why}',
  'downlink.brokerOff': 'der Broker läuft nicht',
  'downlink.noWay': 'kein Weg zu diesem Gateway',
};
