import { type HttpAnswer } from './http-client.js';

/** The names of an answer's fields in lower case, sorted; a field that came twice stands twice. */
export function fieldNames({ rawHeaders }: HttpAnswer): string[] {
  return rawHeaders
    .filter((_, index) => index % 2 === 0)
    .map((name) => name.toLowerCase())
    .sort();
}

/** The values of a field, one for each line. */
export function fieldLines({ rawHeaders }: HttpAnswer, name: string): string[] {
  return rawHeaders.filter(
    (_, index) => rawHeaders[index - 1]?.toLowerCase() === name && index % 2,
  );
}
