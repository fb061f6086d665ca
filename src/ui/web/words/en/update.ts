/** Words about an update from a file. */
export const update = {
  'update.title': 'Update',
  'update.runs': 'Version {version} ({commit}) runs, for linux-{arch}.',
  'update.place.plain': 'It can be exchanged from here.',
  'update.refused': 'The version that was asked for last was not put in place:',
  'update.place.byRequest':
    'It is installed for the whole machine and may not exchange itself, but the machine’s administrator lets it ask: a signed, newer version brought here is put in place by the system.',
  'update.place.system':
    'It is installed for the whole machine and may not exchange itself. Bring the new version here to have it checked; the machine’s administrator then puts it in place with one command, which is shown.',
  'update.place.container':
    'It runs in a container: another version is another image. Change its tag in the site file, chart or compose file, and let that roll out.',
  'update.place.elsewhere':
    'It was not installed, or the service may not write to its own program. A file can be checked here; it has to be put in place by hand.',
  'update.last.upgraded': '{to} took the place of {from} and has proven itself.',
  'update.last.taken_back': '{to} was taken back, and {from} runs again.',
  'update.last.rolled_back': '{from} was left for {to}.',
  'update.underWay':
    'The new version is tried on the settings and put in place; then the box starts anew and is watched.',
  'update.away':
    'The box starts anew. When it is not well with the new version, the one before comes back by itself within minutes.',
  'update.file': 'Choose the new version and its .sig file',
  'update.pair': 'Two files are wanted: the program, and beside it the one with .sig behind its name.',
  'update.noKey': 'This build has no key to check a release with, so it takes none.',
  'update.candidate': 'Version {version} was brought',
  'update.signed': 'Signed with the key of our releases, and the file is the one that was signed.',
  'update.older': 'It is older than the one that runs, which may have changed the store.',
  'update.same': 'It is the version that runs.',
  'update.how':
    'A backup is made first. The box is away for some seconds; the gateways’ broker keeps what comes meanwhile.',
  'update.go': 'Put it in place',
  'update.byHand': 'It lies on the box, checked. On the machine:',
} as const;
