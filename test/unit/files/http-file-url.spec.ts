import { describe, expect, it } from '@jest/globals';

import {
  isPublicAddress,
  allowedUrl,
  isListedWithPort,
  redirectedUrl,
} from '../../../lib/files/http-file-url.js';

/** An address that is not public, in every spelling that leads there. */
const NOT_PUBLIC = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f.1',
  '0x7f000001',
  '017700000001',
  '0177.0.0.01',
  '127.255.255.254',
  '127.0.0.1.',
  '\uFF11\uFF12\uFF17.0.0.1',
  '0.0.0.0',
  '0',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '192.0.0.192',
  '169.254.169.254',
  '2852039166',
  '100.64.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:8.8.8.8]',
  '[::7f00:1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2001::7f00:1]',
  '[fe80::1]',
  '[fec0::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[ff02::1]',
  '[2001:db8::1]',
  '[100::1]',
  '[5f00::1]',
  '[4000::1]',
];
const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '[2606:4700:4700::1111]',
  '[2a00:1450:4001:81b::200e]',
];
const notAllowed = expect.objectContaining({
  name: 'RemoteFileError',
  reason: 'not-allowed',
});

describe('allowedUrl', () => {
  it.each(NOT_PUBLIC)('refuses %s, which is not public', (host) => {
    expect(() => allowedUrl(`http://${host}/x`, [host])).toThrow(notAllowed);
  });

  it.each(NOT_PUBLIC)('takes %s where it is listed with its port', (host) => {
    const url = allowedUrl(`http://${host}:9000/x`, [`${host}:9000`]);
    expect(url.port).toBe('9000');
    const implied = allowedUrl(`http://${host}/x`, [`${host}:80`]);
    expect(implied.port).toBe('');
  });

  it('takes no port but the one that is listed', () => {
    const list = ['127.0.0.1:9000', '127.0.0.1'];
    for (const address of ['http://127.0.0.1:9001/', 'http://127.0.0.1/']) {
      expect(() => allowedUrl(address, list)).toThrow(notAllowed);
    }
  });

  it.each(PUBLIC)('takes %s without a port', (host) => {
    expect(allowedUrl(`https://${host}/x`, [host]).pathname).toBe('/x');
  });
});

describe('isPublicAddress', () => {
  it.each(['', 'localhost', 'fe80::1%eth0', '::ffff:8.8.8.8', '8.8.8.8.8'])(
    'is not so for %j',
    (address) => {
      expect(isPublicAddress(address)).toBe(false);
    },
  );
});

describe('isListedWithPort', () => {
  it.each([
    ['http://files.example/', ['files.example'], false],
    ['http://files.example/', ['files.example:80'], true],
    ['https://files.example/', ['files.example:80'], false],
    ['https://files.example/', ['files.example:443'], true],
    ['http://[::1]/', ['[::1]'], false],
    ['http://[::1]/', ['[::1]:80'], true],
  ])('of %s in %j is %s', (address, list, expected) => {
    expect(isListedWithPort(list, new URL(address))).toBe(expected);
  });
});

describe('redirectedUrl', () => {
  const from = new URL('https://files.example/a/b?c');
  const list = ['files.example', 'other.example', '127.0.0.1'];

  it.each([
    ['d', 'https://files.example/a/d'],
    ['/d', 'https://files.example/d'],
    ['?d', 'https://files.example/a/b?d'],
    ['//other.example/d', 'https://other.example/d'],
    ['https://other.example/d#e', 'https://other.example/d#e'],
  ])('follows %s', (location, expected) => {
    expect(redirectedUrl(location, from, list).href).toBe(expected);
  });

  it.each([
    ['http://files.example/a'],
    ['https://third.example/'],
    ['https://other.example:8443/'],
    ['https://user:secret@other.example/'],
    ['https://2130706433/'],
    ['ftp://other.example/'],
    ['file:///etc/passwd'],
    ['javascript:1'],
  ])('does not follow %s', (location) => {
    expect(() => redirectedUrl(location, from, list)).toThrow(notAllowed);
  });

  it.each([[undefined], ['https://'], ['http://a b/']])(
    'leads nowhere by %j',
    (location) => {
      expect(() => redirectedUrl(location, from, list)).toThrow(
        expect.objectContaining({ reason: 'refused' }),
      );
    },
  );
});
