const UNITS = ['B', 'kB', 'MB', 'GB'];

const DAY = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeZone: 'UTC',
});
const MINUTE = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
});

/** 1234 bytes are `1.23 kB`. */
export function readableSize(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(bytes || 1) / 3), 3);
  const value = Number((bytes / 1000 ** power).toPrecision(3));
  return `${value} ${UNITS[power]}`;
}

export function readableDay(date: Date): string {
  return DAY.format(date);
}

/** To the minute; servers and readers seldom share a time zone, so it is told. */
export function readableTime(date: Date): string {
  return `${MINUTE.format(date)} UTC`;
}

const TERM = new Intl.RelativeTimeFormat('en-GB');
const MINUTES = 60_000;
const HOURS = 60 * MINUTES;
const DAYS = 24 * HOURS;

/** How long it is until then, in the largest unit of which there are two: `in 6 days`. */
export function readableTerm(until: Date, now = Date.now()): string {
  const left = Math.max(0, until.getTime() - now);
  if (left >= 2 * DAYS) return TERM.format(Math.floor(left / DAYS), 'day');
  if (left >= 2 * HOURS) return TERM.format(Math.floor(left / HOURS), 'hour');
  return TERM.format(Math.ceil(left / MINUTES), 'minute');
}

const NUMBER = new Intl.NumberFormat('en-GB');

/** 1234 is `1,234`. */
export function readableNumber(number: number): string {
  return NUMBER.format(number);
}
