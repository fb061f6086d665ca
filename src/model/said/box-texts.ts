/** What the box says of its store, its clock and its backups; `.todo` is what to do about it. '{name}' is filled in. */
export const BOX_TEXTS = {
  'store.takes': 'the log takes readings',
  'store.refuses': 'readings cannot be stored: {problem}',
  'store.tight': 'the disk is nearly full: {free} MB are free, {wanted} MB should be (store.reserve_bytes)',
  'store.tight.todo':
    'See what else fills this disk. The oldest readings go to make room, delivered ones first.',
  'store.memory':
    'readings are kept in memory only ({type}): all of them are gone after the next start of this machine',
  'store.memory.todo':
    'Put store.dir on a card or a disk. A system whose card is kept read-only needs a partition of its own for it. For a demo or a test: store.may_be_lost = true.',
  'store.layer':
    'readings are kept in a layer ({type}) that goes with its container, or with the next start of a system whose card is kept read-only',
  'store.layer.todo':
    'Give the container a volume for store.dir; a system with a read-only card a partition of its own. For a demo or a test: store.may_be_lost = true.',
  'store.full.todo': 'the disk is full: free some space',
  'store.moved.todo':
    'the folder of the store was moved, deleted or unmounted: put it back, or stop the box and restore a backup',
  'store.disk.todo': 'the disk refused: check the card and `dmesg`',
  'store.twice.todo': 'another webscada-edge holds this data folder: stop it first',
  'store.shell.todo':
    'another program has the database open for writing, an sqlite3 shell for one: end it; it is tried again by itself',
  'store.readOnly.todo': 'the file or its file system is read-only: check the owner and the mount',
  'store.folder.todo': 'the folder cannot be used: check that it exists and belongs to the service user',
  'store.damaged.todo': 'the file is damaged: the next start repairs it',
  'store.noStore.todo': 'the file is damaged or not a store',
  'clock.right': 'the clock is right ({source})',
  'clock.right.ntp': 'the clock is right (ntp)',
  'clock.right.rtc': 'the clock is right (rtc)',
  'clock.right.steady': 'the clock is right (steady)',
  'clock.right.setting': 'the clock is right (setting)',
  'clock.gateways': 'the time comes from the gateways',
  'clock.waits': 'readings wait for the right time:',
  'clock.estimated': 'the time is estimated',
  'clock.todo':
    'Let the machine reach a time server, give it a clock with a battery, or set it by hand and set time.trust to "always".',
  'clock.doubt.notLooked': 'the clock has not been looked at yet',
  'clock.doubt.beforeMade': 'the clock is set to before this program was made',
  'clock.doubt.beforeNewest': 'the clock is set to before the newest reading',
  'clock.doubt.jumped': 'the clock has jumped by more than an hour',
  'clock.doubt.noProof': 'nothing proves that the clock is right',
  'clock.doubt.notSynchronized': 'the clock is not synchronized yet',
  'clock.doubt.gatewaysAtOdds': 'gateways are at odds, and most show what our own doubtful clock shows',
  'backup.off': 'the box makes no backups: backup.enabled is false',
  'backup.rehearsed': 'restoring {name} was tried out at {time}: all of it came back',
  'backup.notTried': 'restoring {name} could not be tried out:',
  'backup.notTried.todo':
    'make room on the disk of the store, or lower store.max_bytes; it is tried again each day',
  'backup.notRestorable': 'no whole store came of {name} when restoring it was tried out:',
  'backup.notRestorable.todo':
    'make another one and look again tomorrow; check the medium: webscada-edge backup verify FOLDER',
  'backup.noCopy': 'the backup of {time} is made, its copy to {place} is not:',
  'backup.failed': 'no backup could be made:',
  'backup.lastOne': 'the last one is of {time}',
  'backup.noneYet': 'there is none',
  'backup.last': 'the last backup is of {time}',
  'backup.lastWithoutLog':
    'the last backup is of {time}, without the log of readings, which is larger than backup.max_log_bytes',
  'backup.nothing': 'there is nothing to back up yet',
  'backup.first': 'the first backup is made within minutes of the start',
  'backup.log.todo': 'webscada-edge service logs tells more',
  'backup.error': '{error}',
  'backup.error.todo':
    'the folder must be writable for the service and its disk must take data: webscada-edge service logs',
  'backup.hung': 'the backup does not come to an end',
  'backup.hung.todo': 'a share that does not answer: mount it anew, or change backup.dir',
  'backup.noRoom':
    'no room in {folder}: {free} MB are free, a backup takes {wanted} MB and {reserve} MB stay free (store.reserve_bytes)',
  'backup.noRoom.todo':
    'remove what is not needed there, keep fewer (backup.keep_daily, keep_weekly, keep_monthly), or change backup.dir',
  'backup.notWhole': 'the new backup is not whole:',
  'backup.notWhole.todo': 'the medium may be failing: try another one; the backups before it are kept',
  'backup.noFolder': 'the folder {folder} is not there',
  'backup.noFolder.todo': 'mount the stick or the share, or make the folder, or change backup.dir',
  'backup.sameDisk': '{folder} is on the disk of the store',
  'backup.sameDisk.todo': 'mount the stick or the share; backup.other_disk = true asks for another disk',
  'finding.healthy': 'healthy at {url}',
  'finding.free': '{gigabytes} GB free for {folder}',
  'finding.little.todo': 'free some space, or lower store.max_bytes; the oldest delivered readings go first',
  'finding.time': '{time}',
  'finding.time.advice': 'readings wait for the right time: timedatectl set-ntp true, or set it by hand',
  'finding.mosquittoQueue':
    'Mosquitto keeps {most} messages at most while the box is away (max_queued_messages); the rest is lost',
  'finding.mosquittoQueue.todo':
    'max_queued_messages 0 and max_queued_bytes 67108864 in {folder}/conf.d/webscada-edge.conf (docs/install.md), then systemctl restart mosquitto',
  'finding.mosquittoDelay':
    'Mosquitto holds a small packet back until the one before is confirmed: up to 40 ms for an uplink, and again for its downlink',
  'finding.mosquittoDelay.todo':
    'set_tcp_nodelay true in {folder}/conf.d/webscada-edge.conf (docs/install.md), then systemctl restart mosquitto',
  'finding.meanwhile.todo': 'readings wait on the box meanwhile',
  'finding.exposed':
    '{where} is open to the network and not encrypted; gateways that have a user are let in (webscada-edge broker-user list)',
} as const;
