/** Words about the list of devices. */
export const devices = {
  'devices.area': 'Area',
  'devices.allAreas': 'All areas',
  'devices.noArea': 'In no area ({count})',
  'devices.inArea': '{name} ({count})',
  'devices.abnormal': { one: '{count} abnormal', other: '{count} abnormal' },
  'devices.several': 'Change several',
  'devices.title': 'Devices',
  'devices.empty': 'No device declared yet',
  'devices.emptyHint':
    'Bring a list of them to the box, a CSV file or what another network server exports, and there: webscada-edge devices import FILE',
  'devices.filter': 'Find a device',
  'devices.count': { one: '{count} declared', other: '{count} declared' },
  'devices.found': { one: '{count} device found', other: '{count} devices found' },
  'devices.every': 'usually {time}',
  'devices.everyShort': 'every {time}',
  'devices.low': 'below its limit',
  'devices.high': 'above its limit',
  'devices.noneFound': 'No device matches. Clear the search to see all {count}.',
  'devices.silent': 'No reading yet',
  'devices.raw': 'Payload',
} as const;
