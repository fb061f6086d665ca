/** What the box says of its InfluxDB; `.todo` is what to do about it. '{name}' is filled in. */
export const INFLUX_TEXTS = {
  'influx.off': 'InfluxDB: not configured; the log keeps everything',
  'influx.notAsked': 'InfluxDB at {server} has not been asked yet',
  'influx.writing': 'writing to bucket "{bucket}" at {server}',
  'influx.catchingUp': 'catching up: {count} records behind; fresh ones go first',
  'influx.held': 'readings wait until the time is right; the log keeps them',
  'influx.again': 'writing again from {from}: {percent} %, {written} records written; fresh ones go first',
  'influx.againTo':
    'writing again from {from} to {to}: {percent} %, {written} records written; fresh ones go first',
  'influx.store': 'The store cannot be read or written; see its own state',
  'influx.store.todo': 'Free disk space.',
  'influx.badUrl': 'The address of InfluxDB is not one: it looks like http://localhost:8086',
  'influx.badToken': 'The token of InfluxDB has characters that no token has',
  'influx.correct.todo': 'Correct it in the settings; the log keeps everything.',
  'influx.busy': 'InfluxDB at {server} is busy ({status}: {reason})',
  'influx.busy.todo': 'It is tried again, no sooner than it asks for; nothing is lost meanwhile.',
  'influx.failed': 'InfluxDB at {server} failed ({status}: {reason})',
  'influx.reason': '{reason}',
  'influx.token': 'InfluxDB at {server} does not accept the token (401: {reason})',
  'influx.token.todo':
    'Put a token with write permission on bucket "{bucket}" of organisation "{org}" into the settings.',
  'influx.forbidden': 'The token may not write to bucket "{bucket}" (403: {reason})',
  'influx.forbidden.todo':
    'Give the token write permission on bucket "{bucket}" of organisation "{org}", or use another.',
  'influx.noOrg': 'InfluxDB at {server} has no organisation "{org}" (404: {reason})',
  'influx.noOrg.todo': 'Correct the organisation (influx.org) in the settings.',
  'influx.noBucket': 'InfluxDB at {server} has no bucket "{bucket}" in organisation "{org}" (404: {reason})',
  'influx.noBucket.todo': 'Create the bucket or correct organisation and bucket in the settings.',
  'influx.says200':
    'What answers at {server} does not behave like InfluxDB 2: a write is answered with status 200, not 204, so nobody knows whether it was stored',
  'influx.says200.todo':
    'Check the address in the settings; a proxy or a login page may be in between. Nothing counts as delivered until a write is answered with 204.',
  'influx.foreign': 'What answers at {server} does not behave like InfluxDB 2 ({answer})',
  'influx.foreign.todo': 'Check the address in the settings; a proxy or a login page may be in between.',
  'influx.redirect': 'What answers at {server} sends us on to {location} ({status})',
  'influx.redirect.todo':
    'If InfluxDB is there, put its address into influx.url, without /api/v2/write; if that is a login page, a portal or a proxy is in between. Redirects are not followed: they would take the token along.',
  'influx.wantsTls': 'InfluxDB at {server} speaks TLS, and is asked in the clear',
  'influx.wantsTls.todo': 'Write https:// instead of http:// in influx.url.',
  'influx.proxyLogin': 'A proxy in front of InfluxDB at {server} asks for a login of its own ({answer})',
  'influx.proxyLogin.todo':
    'Let the box through at the proxy without one: what it sends as a login is the token, which InfluxDB asks for.',
  'influx.proxyRefuses': 'A proxy in front of InfluxDB at {server} refuses the request ({answer})',
  'influx.proxyRefuses.todo': 'See in the log of the proxy why; the box must reach /api/v2/write by POST.',
  'influx.noPath': 'There is no /api/v2/write at {server} ({answer})',
  'influx.noPath.todo':
    'Check address and path of influx.url: behind a proxy a path may be missing. InfluxDB 1 has it from 1.8 on.',
  'influx.noGzip': 'What answers at {server} does not take the form in which readings are sent ({answer})',
  'influx.noGzip.todo':
    'Set influx.gzip to false: a proxy or server may not take what is compressed. Otherwise see in its log why.',
  'influx.refused': 'InfluxDB at {server} refuses the connection: it is not running or listens elsewhere',
  'influx.unreachable': 'InfluxDB at {server} cannot be reached over the network',
  'influx.unknown_host': 'InfluxDB at {server} has a name that cannot be resolved',
  'influx.timeout': 'InfluxDB at {server} does not answer in time',
  'influx.cut': 'InfluxDB at {server} cut the connection',
  'influx.rehearsal':
    'InfluxDB at {server} is not asked: the line is cut on purpose by an outage rehearsal of this box',
  'influx.wait.todo': 'The log keeps everything and is written when InfluxDB is back.',
  'influx.tls': 'The certificate of InfluxDB at {server} is not trusted',
  'influx.tls.todo':
    "Check the machine's date. Where the authority is one of your own: its file goes to the service as NODE_EXTRA_CA_CERTS (docs/influxdb.md); that it is installed on the machine is not enough.",
  'influx.no_tls': 'InfluxDB at {server} does not speak TLS at this port',
  'influx.no_tls.todo': 'Write http:// instead of https:// in influx.url, or the port that speaks TLS.',
  'influx.refusesAll': 'InfluxDB at {server} refuses every record: {reason}',
  'influx.refusesAll.todo':
    'Look at the schema and the retention of bucket "{bucket}", and at the server\'s clock; the log keeps everything until a record is accepted.',
  'influx.quarantineFull':
    'the quarantine is full ({records} records, {megabytes} MB): what InfluxDB refuses from now on is given up and counts as expired',
  'influx.quarantineFull.todo':
    'See why with webscada-edge quarantine list, then retype, retry or drop the records.',
  'influx.byHand.todo': 'The token may not make buckets and tasks. With one that may:\n{commands}',
  'influx.otherServer.todo':
    'This server is not InfluxDB 2: it keeps what its own settings say. For VictoriaMetrics:\n{command}',
  'influx.checkNothing': 'nothing was delivered lately that could be looked up',
  'influx.checkComplete': 'all of {looked} delivered readings that were looked up are there',
  'influx.checkAccepted': '{missing} readings that are missing were accepted as they are',
  'influx.checkMissing':
    'InfluxDB has lost what it had acknowledged: {missing} of {looked} delivered readings that were looked up are not there, the oldest of {since}',
  'influx.checkMissing.todo':
    'Write them again: webscada-edge influx rewind --from {from}\nOr, where they were deleted on purpose: webscada-edge influx check --accept',
  'influx.checkNoRight':
    'it cannot be checked whether delivered readings are still there: the token may not read bucket "{bucket}" ({reason})',
  'influx.checkNoFlux':
    'it cannot be checked whether delivered readings are still there: this server does not answer Flux as InfluxDB 2 does',
  'influx.rewindEnded': 'ended by {by}',
  'influx.rewindRefused': 'InfluxDB refuses every record: {reason}',
  'influx.checkNoFluxBecause':
    'it cannot be checked whether delivered readings are still there: this server does not answer Flux as InfluxDB 2 does ({reason})',
} as const;
