/** Words about the first minutes of a box. */
export const firstRun = {
  'start.title': 'First run',
  'start.lead': 'Everything here may wait, and ticks itself off when the box sees that it is so.',
  'start.restore': 'Back from a backup',
  'start.device': 'Add a device',
  'start.end': 'To the site',
  'start.cards': 'Set it up',
  'start.card.site': 'Name and time zone of the site',
  'start.card.gateways': 'Gateways point at this box',
  'start.card.centre': 'The centre',
  'start.card.influx': 'InfluxDB',
  'start.card.backup': 'Backups',
  'start.how.site': 'The id names the site at the centre: give it before the first readings go there.',
  'start.how.gateways':
    'Give this address to the Gateway Bridge of each gateway. It ticks with the first frame or sign of life.',
  'start.how.centre': 'Only where a centre collects.',
  'start.how.influx': 'Only where an InfluxDB is at the site.',
  'start.how.backup':
    'The first is made by itself within minutes once there is something to save. A stick or a share is safer.',
  'start.enter': 'Enter it here',
  'start.heard': { one: '{count} gateway is heard', other: '{count} gateways are heard' },
  'start.skip': 'Later',
  'start.later': 'left for later',
} as const;
