/** Words about what the box runs, its licences and its API, in German. */
import type { about as english } from '../en/about.ts';
import type { Words } from '../words.ts';

export const about: Words<typeof english> = {
  'about.title': 'Über',
  'about.started': 'Gestartet {time}',
  'about.api': 'Die API dieser Box',
  'about.licences': 'Lizenzen',
  'about.lead': 'Alles, was im Programm steckt, mit der Lizenz, unter der es steht.',
  'about.noText': 'Das Paket bringt keinen eigenen Text mit; es gilt die genannte Lizenz.',
  'api.title': 'API',
  'api.find': 'Pfad suchen',
  'api.download': 'Dokument herunterladen',
  'api.deprecated': 'Ein alter Name, der mit einer späteren Version entfällt.',
  'api.parameters': 'Parameter',
  'api.body': 'Inhalt',
  'api.optional': 'darf fehlen',
};
