/** Words about the first minutes of a box, in German. */
import type { firstRun as english } from '../en/first-run.ts';
import type { Words } from '../words.ts';

export const firstRun: Words<typeof english> = {
  'start.title': 'Erster Start',
  'start.lead': 'Alles hier darf warten und hakt sich ab, sobald die Box es sieht.',
  'start.restore': 'Aus einer Sicherung zurück',
  'start.device': 'Gerät hinzufügen',
  'start.end': 'Zum Standort',
  'start.cards': 'Einrichten',
  'start.card.site': 'Name und Zeitzone des Standorts',
  'start.card.gateways': 'Gateways zeigen auf diese Box',
  'start.card.centre': 'Die Zentrale',
  'start.card.influx': 'InfluxDB',
  'start.card.backup': 'Sicherungen',
  'start.how.site':
    'Die ID benennt den Standort bei der Zentrale: sie vor den ersten Messwerten dorthin vergeben.',
  'start.how.gateways':
    'Geben Sie diese Adresse der Gateway Bridge jedes Gateways. Der Haken kommt mit dem ersten Frame oder Lebenszeichen.',
  'start.how.centre': 'Nur wo eine Zentrale sammelt.',
  'start.how.influx': 'Nur wo am Standort eine InfluxDB ist.',
  'start.how.backup':
    'Die erste entsteht binnen Minuten von selbst, sobald es etwas zu sichern gibt. Ein Stick oder eine Freigabe ist sicherer.',
  'start.enter': 'Hier eintragen',
  'start.heard': { one: '{count} Gateway wird gehört', other: '{count} Gateways werden gehört' },
  'start.skip': 'Später',
  'start.later': 'für später',
};
