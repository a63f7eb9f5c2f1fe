const MOST_ROWS = 200;

/** The first rows of a CSV file (RFC 4180), with commas or, where its first line has more of them, semicolons. */
export function csvRows(text: string): string[][] {
  const [line = ''] = text.split('\n', 1);
  const separator = line.split(';').length > line.split(',').length ? ';' : ',';
  const field = new RegExp(
    `(?:"((?:[^"]|"")*)"?|([^${separator}\\r\\n]*))(${separator}|\\r?\\n|\\r|$)`,
    'y',
  );
  const rows: string[][] = [];
  let row: string[] = [];
  while (field.lastIndex < text.length && rows.length < MOST_ROWS) {
    const match = field.exec(text);
    if (!match) break;
    const [, quoted, plain = '', end] = match;
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== separator) rows.push(row);
    if (end !== separator) row = [];
  }
  if (row.length) rows.push(row);
  return rows;
}
