/** One part of a multipart body, as a client reads it. */
export interface Part {
  headers: Record<string, string>;
  body: Buffer;
}

/** Reads a multipart body (RFC 2046 section 5.1.1) by its Content-Type alone. */
export function parseMultipart(contentType: string, body: Buffer): Part[] {
  const boundary =
    /^multipart\/byteranges; boundary=([\w'()+,./:=?-]{1,70})$/.exec(
      contentType,
    )?.[1];
  if (boundary === undefined) throw new Error(`No boundary: ${contentType}`);
  // latin1 is one character a byte.
  const [preamble, ...rest] = body
    .toString('latin1')
    .split(`\r\n--${boundary}`);
  if (preamble !== '') throw new Error('There is something before the parts');
  if (rest.pop() !== '--\r\n') throw new Error('The end is missing');
  return rest.map(parsePart);
}

function parsePart(text: string): Part {
  if (!text.startsWith('\r\n')) throw new Error('No line ends at the boundary');
  const end = text.indexOf('\r\n\r\n');
  const lines = text.slice(2, end).split('\r\n');
  const fields = lines.map((line) => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
  });
  return {
    headers: Object.fromEntries(fields) as Record<string, string>,
    body: Buffer.from(text.slice(end + 4), 'latin1'),
  };
}
