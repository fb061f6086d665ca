/** Words about the page of what is looked for less often, and the wall screen, in German. */
import type { more as english } from '../en/more.ts';
import type { Words } from '../words.ts';

export const more: Words<typeof english> = {
  'wall.title': 'Wandbildschirm',
  'wall.silence': 'Ton aus',
  'wall.silenced': 'Still bis zum nächsten Alarm',
  'wall.allowSound': 'Ton erlauben',
  'wall.turn': '{turn} von {turns}',
  'more.users': 'Personen, ihre Rollen, Tokens von Programmen',
  'more.settings': 'Was gilt und warum; andere, erst auf Probe',
  'more.audit': 'Wer was getan hat, wann und von wo',
  'more.title': 'Mehr',
  'more.gateways': 'Online oder nicht, wie viel jedes hört',
  'more.frames': 'Jeder Frame, wie er in der Luft war, bis aufs Bit',
  'more.survey': 'Wie gut ein Gerät dort gehört wird, wohin man es trägt',
  'more.readings': 'Wie sie kommen, von allen Geräten',
  'more.unknown': 'Hier gehört und nicht eingelassen',
  'more.parts':
    'Broker, InfluxDB, Zentrale, Speicher, Uhr und Sicherung im Ganzen; Messwerte erneut schreiben',
  'more.catalogue': 'Hersteller und Modelle, beim Hinzufügen eines Geräts zu wählen',
  'more.codecs': 'Was aus Bytes Werte macht',
  'more.quarantine': 'Endgültig abgelehnte Datensätze, noch einmal zu versuchen oder zu verwerfen',
  'more.logs': 'Was das Programm über sich sagt, in einfachen Worten',
  'more.backup': 'Wie es um sie steht, eine jetzt, und der Weg zurück',
  'more.update': 'Eine neue Version aus einer Datei, zuerst ihre Signatur',
  'more.handover': 'Der Standort und jedes Gerät auf Papier oder als PDF',
  'more.start': 'Aus einer Sicherung zurück oder fünf Dinge einrichten',
  'more.support': 'Was jemand in der Ferne braucht, um einen Fehler zu finden, ohne Geheimnisse',
  'more.about': 'Version, Lizenzen, die API',
  'more.mimic': 'Werte auf einem Grundriss oder einer Zeichnung',
  'more.wall':
    'Für einen Bildschirm, den niemand berührt. Mit /dark oder /night hinter der Adresse behält er diese Farben',
  'more.version': 'WebSCADA Edge {version}.',
  'more.api': 'Beschreibung der API (OpenAPI)',
  'more.language': 'Sprache',
  'more.languageHint': 'Dieser Browser merkt sie sich.',
  'theme.title': 'Helligkeit dieses Bildschirms',
  'theme.auto': 'Wie der Bildschirm eingestellt ist',
  'theme.light': 'Hell',
  'theme.dark': 'Dunkel',
  'theme.night': 'Nacht, rot',
};
