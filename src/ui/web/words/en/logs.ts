/** Words about the page of the log. */
export const logs = {
  'logs.title': 'Log',
  'logs.lead':
    'What the program says of itself, the newest first. It is kept in memory, so it begins with the last start.',
  'logs.level': 'From',
  'logs.level.debug': 'everything',
  'logs.level.info': 'what happens',
  'logs.level.warn': 'warnings',
  'logs.level.error': 'faults',
  'logs.part': 'Part',
  'logs.all': 'all',
  'logs.pause': 'Pause',
  'logs.goOn': 'Go on',
  'logs.waiting': { one: '{count} new line waits', other: '{count} new lines wait' },
  'logs.download': 'Download all',
  'logs.copy': 'Copy',
  'logs.copied': 'Copied',
  'logs.older': 'Older lines',
  'logs.none': 'No line fits.',
  'logs.state': '{part}: {state}',
  'logs.times': { one: '{count} time', other: '{count} times' },
} as const;
