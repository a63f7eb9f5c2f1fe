import { DIFFICULT_NAMES } from '../../unit/http/difficult-names.js';

export interface DifficultFileName {
  readonly title: string;
  readonly name: string;
}

const FOR_SERVERS: readonly (readonly [title: string, name: string])[] = [
  ['blank in front', ' a.txt'],
  ['blank at the end', 'a.txt '],
  ['blank only', ' '],
  ['question mark and a query', 'a?b=c&d=%20.txt'],
  ['question mark at the end', 'a?'],
  ['number sign in front', '#a.txt'],
  ['a coded dot', 'a%2Etxt'],
  ['a coded NUL', 'a%00.txt'],
  ['a coded line end', 'a%0D%0AX-Injected: 1'],
  ['percent at the end', 'a%'],
  ['half a percent code', 'a%4'],
  ['a header', 'X-Accel-Redirect: %2F_offload%2Fa'],
  ['backslash at the end', 'a\\'],
  ['dollar and a variable', '$uri ${host}.txt'],
  ['braces and a directive', 'a{deny all;}.txt'],
  ['back quote and pipe', '`id`|a.txt'],
  ['angle brackets', '<script>alert(1)<script>'],
  ['colon', 'a:b.txt'],
  ['tilde', '~root'],
  ['newline at the end', 'a.txt\n'],
  ['CR at the end', 'a.txt\r'],
  ['TAB', 'a\tb.txt'],
  ['TAB in front', '\ta.txt'],
  ['\\x01', 'a\x01b.txt'],
  ['\\x7f', 'a\x7fb.txt'],
  ['the replacement character', 'a\uFFFDb.txt'],
  ['dots at the end', 'a...'],
  ['254 bytes, two each', '\u00E9'.repeat(127)],
  ['255 bytes that are all coded', '%'.repeat(255)],
];

/** The names that a disk can hold and an application hands out, each of them once. */
export const DIFFICULT_FILE_NAMES: readonly DifficultFileName[] = [
  ...DIFFICULT_NAMES.filter(({ name }) => isFileName(name)),
  ...FOR_SERVERS.map(([title, name]) => ({ title, name })),
].filter(
  ({ name }, index, all) =>
    all.findIndex((other) => other.name === name) === index,
);

/** Neither hidden, nor a path, nor too long, nor anything but Unicode. */
function isFileName(name: string): boolean {
  return (
    /^[^./\0][^/\0]*$/su.test(name) &&
    Buffer.byteLength(name) <= 255 &&
    !/\p{Cs}/u.test(name)
  );
}
