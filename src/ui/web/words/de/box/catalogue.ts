/** What is wrong with a file of the device catalogue or a file in it, and what to know of a model that is taken, in German. */
import type { CATALOGUE_TEXTS } from '../../../../../model/said/catalogue-texts.ts';
import type { Words } from '../../words.ts';

export const catalogue: Words<typeof CATALOGUE_TEXTS> = {
  'catalogue.noRoom': 'der Platz fehlt: neben der Reserve sind {free} MB frei, {wanted} MB werden gebraucht',
  'catalogue.damaged': 'die Datei ist beschädigt oder abgeschnitten ({error})',
  'catalogue.manyModels':
    'es sind mehr als {limit} Modelle: nur die Hersteller bringen, die gebraucht werden',
  'catalogue.manyTexts':
    'es sind mehr Texte, als diese Box nimmt ({files} Dateien, {megabytes} MB): nur die Hersteller bringen, die gebraucht werden',
  'catalogue.noModels':
    'Modelle sind keine darin: es sollte ein Archiv des Repositorys lorawan-devices oder chirpstack-device-profiles sein, oder von Ordnern einiger Hersteller daraus',
  'catalogue.firstOf': {
    one: 'der erste von {count} Fehler: {path}:',
    other: 'der erste von {count} Fehlern: {path}:',
  },
  'catalogue.slow':
    'es dauerte länger als {minutes} Minuten und wurde beendet: nur die Hersteller bringen, die gebraucht werden',
  'catalogue.memory': 'zum Lesen sind mehr als {limit} MB nötig',
  'catalogue.ended': 'es wurde beendet',
  'catalogue.noFormat': 'es ist weder ein tar-Archiv noch JSON',
  'catalogue.noProfiles': 'ein Geräteprofil von ChirpStack ist nicht darin',
  'catalogue.noProfile':
    'das ist kein Geräteprofil: Name und Region gehören hinein, und zwar eine Region, in der von hier geantwortet wird',
  'catalogue.large': 'sie hat {kilobytes} kB; höchstens {limit} kB gehen',
  'catalogue.unreadable': 'sie ist nicht zu lesen',
  'catalogue.nested': 'sie ist zu tief geschachtelt',
  'catalogue.noScript': 'sie ist nicht im Archiv oder zu lang',
  'catalogue.noScriptOf': 'das Skript {file} ist nicht im Archiv oder zu lang',
  'taken.personalised': 'es tritt nicht bei: seine DevAddr und seine Sitzungsschlüssel werden gebraucht',
  'taken.version': 'es spricht LoRaWAN {version}, hier als 1.0.3',
  'taken.windows':
    'wo die Fenster des Herstellers nicht die der Region sind, das Gerät mit seiner Sitzung importieren:',
  'taken.rx1Offset': 'RX1-Versatz {value}',
  'taken.rx2DataRate': 'RX2-Datenrate {value}',
  'taken.rx2Frequency': 'RX2 {value} MHz',
  'taken.noScript': 'der Katalog hat kein Skript dafür: die Bytes werden aufgehoben, wie sie sind',
  'taken.lostScript': 'der Katalog hat sein Skript verloren: ihn noch einmal importieren',
  'taken.badScript': 'das Skript läuft hier nicht, die Bytes werden aufgehoben, wie sie sind:',
};
