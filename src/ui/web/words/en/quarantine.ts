/** Words about records in quarantine. */
export const quarantine = {
  'quarantine.title': '{sink}: quarantine',
  'quarantine.lead': 'Records refused for good. They wait here until they are written after all, or dropped.',
  'quarantine.empty': 'Nothing is in quarantine.',
  'quarantine.more': 'These are the oldest; more follow when they are gone.',
  'quarantine.hidden': { one: '{count} more of this reason', other: '{count} more of this reason' },
  'quarantine.retry': 'Retry',
  'quarantine.drop': 'Drop',
  'quarantine.retryAll': 'Retry all {count}',
  'quarantine.dropAll': 'Drop all {count}',
  'quarantine.outcome': '{delivered} written, {dropped} dropped, {refused} refused again, {left} left alone.',
} as const;
