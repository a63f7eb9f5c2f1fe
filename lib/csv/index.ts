// Needs csv-stringify: rows as a CSV file, made while it is sent.
export { CsvFile } from './csv-file.js';
export { type CsvColumns, type CsvFileOptions } from './csv-text.js';
export {
  type CsvRow,
  type CsvRows,
  type CsvRowSource,
  type RowQuery,
} from './csv-rows.js';
