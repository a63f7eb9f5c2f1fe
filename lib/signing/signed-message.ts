import { type UrlParts } from './url-parts.js';

/**
 * What a signature is over. Each text carries its length, and each list its count: no two different links
 * have one message. The method is not in it: a link for another one than GET says so in its query.
 *
 * @param boundTo whom the link is for, where it is not for whoever has it
 * @internal
 */
export function signedMessage(
  { segments, pairs }: UrlParts,
  boundTo?: string,
): Buffer {
  return lengthPrefixed([
    String(segments.length),
    ...segments,
    String(pairs.length),
    ...pairs.flatMap(({ name, value }) =>
      value === undefined ? ['name', name] : ['pair', name, value],
    ),
    ...(boundTo === undefined ? ['for anyone'] : ['for', boundTo]),
  ]);
}

function lengthPrefixed(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}
