/** Words about gateways, readings, unknown devices. */
export const lists = {
  'gateways.title': 'Gateways',
  'gateways.empty': 'No gateway heard yet',
  'gateways.uplinks': { one: '{count} uplink', other: '{count} uplinks' },
  'gateways.never': 'never seen',
  'gateways.qos0': 'Heard at QoS 0: frames are lost while the line is down. Set qos=1 in its Gateway Bridge.',
  'strangers.title': 'Unknown devices',
  'strangers.empty': 'None: every frame heard belongs to a declared device.',
  'strangers.hint':
    'Heard here, but not let in. They may be a neighbour’s, or one of yours that is not declared, or declared with another key.',
  'readings.title': 'Recent readings',
  'readings.empty': 'No reading yet. The first one appears here by itself.',
  'readings.time': 'Time',
  'readings.device': 'Device',
  'readings.values': 'Values',
  'readings.counter': 'FCnt',
  'refused.title': 'Refused',
  'refused.hint': 'Messages and frames that were not taken, by reason.',
} as const;
