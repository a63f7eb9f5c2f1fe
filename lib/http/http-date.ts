const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const DAY_NAME = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY_NAME =
  '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)';
const MONTH = `(?<month>${MONTHS.join('|')})`;
/** 23:59:60 is a leap second. */
const TIME =
  '(?<hour>[01]\\d|2[0-3]):(?<minute>[0-5]\\d):(?<second>[0-5]\\d|(?<=23:59:)60)';

const IMF_FIXDATE = new RegExp(
  `^${DAY_NAME}, (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`,
);
const RFC_850 = new RegExp(
  `^${LONG_DAY_NAME}, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`,
);
const ASCTIME = new RegExp(
  `^${DAY_NAME} ${MONTH} (?<day>\\d\\d| \\d) ${TIME} (?<year>\\d{4})$`,
);

/**
 * IMF-fixdate, the form of RFC 9110 section 5.6.7 that a sender must use.
 *
 * @throws RangeError for a date that the form cannot hold: an invalid one, or not of the years 0 to 9999.
 * @internal
 */
export function formatHttpDate(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new RangeError('The date has no form in HTTP');
  }
  return date.toUTCString();
}

/**
 * Parses the three forms of RFC 9110 section 5.6.7, and nothing else that `Date.parse` would
 * take. The day of the week is read over: senders get it wrong, and it decides nothing.
 *
 * @internal
 */
export function parseHttpDate(
  value: string | undefined,
  now = new Date(),
): Date | undefined {
  if (value === undefined) return undefined;
  const fields = (IMF_FIXDATE.exec(value) ?? ASCTIME.exec(value))?.groups;
  if (fields) return dateOf(fields, Number(fields.year));
  const old = RFC_850.exec(value)?.groups;
  return old && twoDigitYear(old, now);
}

/** RFC 9110 section 5.6.7: what appears to be more than 50 years ahead lies in the century before. */
function twoDigitYear(
  fields: Record<string, string>,
  now: Date,
): Date | undefined {
  const thisYear = now.getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(fields.year);
  const limit = new Date(now);
  limit.setUTCFullYear(thisYear + 50);
  const date = dateOf(fields, year);
  return date && date > limit ? dateOf(fields, year - 100) : date;
}

function dateOf(
  fields: Record<string, string>,
  year: number,
): Date | undefined {
  const day = Number(fields.day);
  const date = new Date(0);
  date.setUTCFullYear(year, MONTHS.indexOf(fields.month), day);
  // A day that its month does not have rolls over into the next.
  if (date.getUTCDate() !== day) return undefined;
  date.setUTCHours(
    Number(fields.hour),
    Number(fields.minute),
    Number(fields.second),
  );
  return date;
}
