/** A name as it may come from an upload or a column, and what a client may be told of it. */
export interface DifficultName {
  title: string;
  name: string;
  /** What is left of the name. */
  cleaned: string;
  /** The same for clients that understand ASCII only. */
  ascii: string;
}

const E_COMPOSED = '\u00E9';
const E_DECOMPOSED = 'e\u0301';
const JAPANESE = '\u65E5\u672C';
const FAMILY = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}';

function unchanged(title: string, name: string, ascii = name): DifficultName {
  return { title, name, cleaned: name, ascii };
}

function changed(
  title: string,
  name: string,
  cleaned: string,
  ascii = cleaned,
): DifficultName {
  return { title, name, cleaned, ascii };
}

export const DIFFICULT_NAMES: readonly DifficultName[] = [
  unchanged('plain', 'report.pdf'),
  unchanged('spaces inside', 'my annual report.pdf'),
  unchanged('per cent', '100%.txt'),
  unchanged('per cent and two hex digits', '100%41', '100_41'),
  unchanged('encoded slash', 'a%2Fb.txt', 'a_2Fb.txt'),
  unchanged('encoded twice', '%%41%2541.txt', '%_41_2541.txt'),
  unchanged('question mark', 'what?.txt'),
  unchanged('number sign', 'a#b.txt'),
  unchanged('ampersand', 'a&b.txt'),
  unchanged('plus', 'a+b.txt'),
  unchanged('semicolon', 'a;b.txt'),
  unchanged('comma and equals', 'a,b=c.txt'),
  unchanged('single quote, star, brackets', "it's (a) *.txt"),
  unchanged('all of attr-char', 'a!#$&+-.^_`|~z'),
  unchanged('double quote', 'a"b.txt', 'a_b.txt'),
  unchanged('a parameter of its own', 'a";x=".bat', 'a_;x=_.bat'),
  unchanged('leading dash', '-rf.txt'),
  unchanged('leading dot', '.htaccess'),
  unchanged('dots inside', 'a..b'),
  unchanged('composed accent', `caf${E_COMPOSED}.txt`, 'cafe.txt'),
  unchanged('decomposed accent', `caf${E_DECOMPOSED}.txt`, 'cafe.txt'),
  unchanged('Japanese', `${JAPANESE}.txt`, '__.txt'),
  unchanged('Korean', '\uD55C\uAE00.txt', '__.txt'),
  unchanged('emoji', '\u{1F600}.txt', '_.txt'),
  unchanged('emoji of three', `${FAMILY}.txt`, '_____.txt'),
  unchanged(
    'Persian joiner',
    '\u0645\u06CC\u200C\u062E\u0648.txt',
    '_____.txt',
  ),
  unchanged('accent without a letter', '\u0301.txt', '_.txt'),
  unchanged('fullwidth quote', 'a\uFF02b.txt', 'a_b.txt'),
  unchanged('fullwidth slash', '..\uFF0Fetc\uFF0Fpasswd', '.._etc_passwd'),
  unchanged('fullwidth per cent', 'a\uFF0541.txt', 'a_41.txt'),
  unchanged('fullwidth device name', '\uFF23\uFF2F\uFF2E.txt', '_CON.txt'),
  unchanged('fullwidth dots', '\uFF0E\uFF0E', 'download'),
  unchanged('fullwidth dot in front', '\uFF0Etxt', '_.txt'),
  unchanged('ligature and fraction', '\uFB01le \u00BD.txt', 'file 1_2.txt'),
  unchanged('no device', 'CONTRACT.txt'),
  unchanged('240 characters', 'a'.repeat(236) + '.txt'),
  changed('backslash', 'a\\b.txt', 'b.txt'),
  changed('path', '../../etc/passwd', 'passwd'),
  changed('Windows path', 'C:\\Users\\me\\a.txt', 'a.txt'),
  changed('trailing slash', 'media/report.pdf/', 'report.pdf'),
  changed('alternate stream', 'a.txt:evil.exe', 'a.txtevil.exe'),
  changed('newline', 'a\nb.txt', 'ab.txt'),
  changed('CR LF and a field', 'a\r\nSet-Cookie: b=c', 'aSet-Cookie b=c'),
  changed('NUL', 'a.txt\0.png', 'a.txt.png'),
  changed('C0, DEL and C1', 'a\x01\x1B\x7F\x85\x9Fb.txt', 'ab.txt'),
  changed('line separators', 'a\u2028b\u2029.txt', 'ab.txt'),
  changed('U+202E', 'invoice\u202Efdp.exe', 'invoicefdp.exe'),
  changed(
    'all bidi characters',
    'a\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069b',
    'ab',
  ),
  changed('zero width', 'a\u200B\u2060\uFEFFb\u200D\u200C.txt', 'ab.txt'),
  changed('joiner after ASCII', `a\u200D${JAPANESE}`, `a${JAPANESE}`, 'a__'),
  changed('two joiners', '\u00E9\u200D\u200C\u00E9', '\u00E9\u00E9', 'ee'),
  changed('lone high surrogate', 'a\uD83Db.txt', 'ab.txt'),
  changed('lone low surrogate', 'a\uDE00b.txt', 'ab.txt'),
  changed('surrogates that a removal would pair', 'a\uD83D:\uDE00b', 'ab'),
  changed('leading blanks', ' \t\u00A0a.txt', 'a.txt'),
  changed('trailing dots and blanks', 'a.exe . .\u00A0', 'a.exe'),
  changed('empty', '', 'download'),
  changed('dot', '.', 'download'),
  changed('dot dot', '..', 'download'),
  changed('slashes only', '//\\/', 'download'),
  changed('blanks only', '   ', 'download'),
  changed('nothing but bidi', '\u202E\u202E', 'download'),
  changed('CON', 'CON', '_CON'),
  changed('con.txt', 'con.txt', '_con.txt'),
  changed('device with a blank', 'aux .tar.gz', '_aux .tar.gz'),
  changed('device behind a colon', 'nul:', '_nul'),
  changed('PRN', 'PRN.', '_PRN'),
  changed('COM1', 'COM1.log', '_COM1.log'),
  changed('LPT0', 'lpt0', '_lpt0'),
  changed(
    'COM and superscript',
    'COM\u00B2.log',
    '_COM\u00B2.log',
    '_COM2.log',
  ),
  changed('CONIN$', 'conin$', '_conin$'),
  changed('CONOUT$', 'CONOUT$.txt', '_CONOUT$.txt'),
  changed('5,000 characters', 'a'.repeat(5000), 'a'.repeat(255)),
  changed(
    '5,000 characters and an extension',
    'a'.repeat(5000) + '.pdf',
    'a'.repeat(251) + '.pdf',
  ),
  changed(
    'an extension too long to keep',
    'a'.repeat(200) + '.' + 'b'.repeat(200),
    'a'.repeat(200) + '.' + 'b'.repeat(54),
  ),
  changed(
    'three bytes a character',
    '\u65E5'.repeat(100) + '.pdf',
    '\u65E5'.repeat(83) + '.pdf',
    '_'.repeat(83) + '.pdf',
  ),
  changed(
    'four bytes a character',
    '\u{1F600}'.repeat(100),
    '\u{1F600}'.repeat(63),
    '_'.repeat(63),
  ),
  changed(
    'a blank where it is cut',
    'a'.repeat(250) + ' ' + 'b'.repeat(50) + '.pdf',
    'a'.repeat(250) + '.pdf',
  ),
  changed(
    'a device laid bare by the cut',
    'CON' + ' '.repeat(300) + 'x.pdf',
    '_CON.pdf',
  ),
  changed(
    'a device of 255 characters',
    'con.' + 'a'.repeat(251),
    '_con.' + 'a'.repeat(250),
  ),
  changed('300 dots and an extension', '.'.repeat(300) + 'txt', 'download.txt'),
];
