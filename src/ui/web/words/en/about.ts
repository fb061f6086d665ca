/** Words about what the box runs, its licences and its API. */
export const about = {
  'about.title': 'About',
  'about.started': 'Started {time}',
  'about.api': 'The API of this box',
  'about.licences': 'Licences',
  'about.lead': 'Everything that is in the program, with the licence it comes under.',
  'about.noText': 'The package brings no text of its own; the licence is the one named.',
  'api.title': 'API',
  'api.find': 'Find a path',
  'api.download': 'Download the document',
  'api.deprecated': 'An old name, which goes with a later release.',
  'api.parameters': 'Parameters',
  'api.body': 'Body',
  'api.optional': 'may be left out',
} as const;
