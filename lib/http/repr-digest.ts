/** Algorithms of RFC 9530 that are not broken, the preferred one first; sizes in bytes. */
const ALGORITHMS = { 'sha-256': 32, 'sha-512': 64 } as const;
type Algorithm = keyof typeof ALGORITHMS;

const NAMES = Object.keys(ALGORITHMS) as Algorithm[];
// One member of a dictionary: sha-256=:base64: (RFC 8941 3.2, 3.3.5).
const MEMBER = /^(sha-256|sha-512)=:([A-Za-z0-9+/]+={0,2}):$/;
// What databases, checksum files and the integrity of scripts have: hexadecimal, base64, base64url.
const PREFIX = /^(?:sha-?(256|512)[-:=]\s*)?(.+)$/is;

/**
 * The value of Repr-Digest (RFC 9530 3) for a digest as applications keep it: the 32 bytes of a SHA-256 or the
 * 64 of a SHA-512, these in hexadecimal, base64 or base64url, with or without `sha256-` before them, or a value
 * of Repr-Digest itself.
 *
 * @returns undefined for anything else
 * @internal
 */
export function toReprDigest(value: unknown): string | undefined {
  if (value instanceof Uint8Array) return fieldValue(Buffer.from(value));
  if (typeof value !== 'string') return undefined;
  const members = membersOf(value);
  if (members.length > 0) return members.map(([, member]) => member).join(', ');
  const [, bits, text = ''] = PREFIX.exec(value.trim()) ?? [];
  const digest = fieldValue(decoded(text));
  return bits === undefined || digest?.startsWith(`sha-${bits}=`)
    ? digest
    : undefined;
}

/**
 * Which of the digests a client wants (RFC 9530 4): the one that it likes best, never one of weight 0; all where
 * it names none of them, or says something else.
 *
 * @param digest a value of Repr-Digest
 * @param wanted the value of Want-Repr-Digest
 * @returns undefined where it wants none
 * @internal
 */
export function wantedReprDigest(
  digest: string,
  wanted: string | undefined,
): string | undefined {
  const weights = wanted === undefined ? undefined : weightsOf(wanted);
  if (!weights) return digest;
  const members = membersOf(digest).filter(([name]) => weights.get(name) !== 0);
  const listed = members.filter(([name]) => weights.has(name));
  const [best] = listed.sort(
    ([a], [b]) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0),
  );
  if (best) return best[1];
  return members.map(([, member]) => member).join(', ') || undefined;
}

/** Those of a known algorithm, and of its length. */
function membersOf(digest: string): [name: string, member: string][] {
  return digest.split(',').flatMap((text): [string, string][] => {
    const member = text.trim();
    const [, name, bytes = ''] = MEMBER.exec(member) ?? [];
    return name !== undefined && fieldValue(decoded(bytes)) === member
      ? [[name, member]]
      : [];
  });
}

/** `sha-256=10, sha-512=3`, weights from 0 to 10; undefined where it is no such dictionary. */
function weightsOf(wanted: string): Map<string, number> | undefined {
  const weights = new Map<string, number>();
  for (const member of wanted.split(',')) {
    const [, name, weight] =
      /^[ \t]*([a-z*][a-z0-9_.*-]*)=(10|\d)[ \t]*$/.exec(member) ?? [];
    if (name === undefined) return undefined;
    weights.set(name, Number(weight));
  }
  return weights;
}

function fieldValue(bytes: Buffer): string | undefined {
  const name = NAMES.find((known) => ALGORITHMS[known] === bytes.length);
  return name && `${name}=:${bytes.toString('base64')}:`;
}

function decoded(text: string): Buffer {
  if (/^[\da-f]+$/i.test(text) && (text.length === 64 || text.length === 128)) {
    return Buffer.from(text, 'hex');
  }
  return /^[\w+/-]+={0,2}$/.test(text)
    ? Buffer.from(text, 'base64')
    : Buffer.alloc(0);
}
