const UNITS = ['B', 'kB', 'MB'];

/** 1234 bytes are `1.23 kB`. */
export function readableSize(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(bytes || 1) / 3), 2);
  const value = Number((bytes / 1000 ** power).toPrecision(3));
  return `${value} ${UNITS[power]}`;
}
