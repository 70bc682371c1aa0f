import { expect, test } from 'vitest'
import { isQuiet } from './rules.ts'

const quiet = (hours: string, zone: string) => (at: string) =>
  isQuiet({ 'notifications.quiet_hours': hours, 'notifications.quiet_zone': zone }, Date.parse(at))

test.each([
  // Over midnight, to the minute: the first is quiet, the last is not.
  [
    '22:00-07:00',
    'UTC',
    { '2026-11-30T21:59:59.999Z': false, '2026-11-30T22:00:00Z': true, '2026-12-01T00:00:00Z': true },
  ],
  [
    '22:00-07:00',
    'UTC',
    { '2026-12-01T06:59:59.999Z': true, '2026-12-01T07:00:00Z': false, '2026-12-01T12:00:00Z': false },
  ],
  [
    '00:00-00:01',
    'UTC',
    { '2026-12-31T23:59:59Z': false, '2027-01-01T00:00:59Z': true, '2027-01-01T00:01:00Z': false },
  ],
  [
    '23:59-00:00',
    'UTC',
    { '2026-12-31T23:58:59Z': false, '2026-12-31T23:59:00Z': true, '2027-01-01T00:00:00Z': false },
  ],
  // None, and none at all.
  ['', 'UTC', { '2026-12-01T00:00:00Z': false }],
  ['07:00-07:00', 'UTC', { '2026-12-01T07:00:00Z': false, '2026-12-01T00:00:00Z': false }],
  // Where the hours of the day are others, by quarters too.
  [
    '22:00-07:00',
    'Asia/Seoul',
    { '2026-12-01T12:59:59Z': false, '2026-12-01T13:00:00Z': true, '2026-12-01T22:00:00Z': false },
  ],
  [
    '22:00-07:00',
    'Asia/Kathmandu',
    { '2026-12-01T16:14:59Z': false, '2026-12-01T16:15:00Z': true, '2026-12-02T01:15:00Z': false },
  ],
  [
    '22:00-07:00',
    'America/Los_Angeles',
    { '2026-12-02T05:59:59Z': false, '2026-12-02T06:00:00Z': true, '2026-12-02T15:00:00Z': false },
  ],
  // The night on which the clocks go forward is an hour shorter: 02:00 is 03:00 there.
  [
    '22:00-07:00',
    'Europe/Berlin',
    {
      '2026-03-28T20:59:59Z': false,
      '2026-03-28T21:00:00Z': true,
      '2026-03-29T04:59:59Z': true,
      '2026-03-29T05:00:00Z': false,
    },
  ],
  ['22:00-02:30', 'Europe/Berlin', { '2026-03-29T00:59:59Z': true, '2026-03-29T01:00:00Z': false }],
  [
    '02:15-02:45',
    'Europe/Berlin',
    { '2026-03-29T00:59:59Z': false, '2026-03-29T01:00:00Z': false, '2026-03-30T00:15:00Z': true },
  ],
  // The one on which they go back is an hour longer, and what is quiet at 02:30 is so twice.
  [
    '22:00-07:00',
    'Europe/Berlin',
    {
      '2026-10-24T19:59:59Z': false,
      '2026-10-24T20:00:00Z': true,
      '2026-10-25T05:59:59Z': true,
      '2026-10-25T06:00:00Z': false,
    },
  ],
  [
    '22:00-02:30',
    'Europe/Berlin',
    {
      '2026-10-25T00:29:59Z': true,
      '2026-10-25T00:30:00Z': false,
      '2026-10-25T01:00:00Z': true,
      '2026-10-25T01:30:00Z': false,
    },
  ],
  [
    '22:00-07:00',
    'America/New_York',
    { '2026-11-01T10:59:59Z': true, '2026-11-01T11:59:59Z': true, '2026-11-01T12:00:00Z': false },
  ],
])('the hours %s of %s are quiet at those times, and at no others', (hours, zone, times) => {
  const at = quiet(hours, zone)
  expect(Object.fromEntries(Object.keys(times).map((time) => [time, at(time)]))).toEqual(times)
})
