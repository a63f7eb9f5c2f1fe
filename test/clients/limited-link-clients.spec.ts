import { writeFile } from 'node:fs/promises';

import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { type CreatedLimitedLink } from 'nestjs-downloadview/typeorm';

import { ADAPTERS } from '../support/application.js';
import { sha256, sha256Of } from '../support/clients/client-site.js';
import { command, firstBytes } from '../support/command.js';
import { describeWith } from '../support/describe-with.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  type LimitedSite,
  startLimitedSite,
} from '../support/links/limited-site.js';
import { type ProgramName } from '../support/programs.js';

const SIZE = 20 * 1024 * 1024;
const HALF = SIZE / 2;

/** How each client downloads the file of an address to a place, with what goes wrong on the way. */
const CLIENTS: [
  program: ProgramName,
  how: string,
  download: (url: string, target: string) => Promise<number | null>,
][] = [
  [
    'aria2c',
    '-x4',
    (url, target) =>
      run(
        'aria2c',
        '--no-conf',
        '--quiet',
        '-x4',
        '-s4',
        '-k1M',
        '--retry-wait=0',
        '--file-allocation=none',
        '-d',
        '/',
        '-o',
        target.slice(1),
        url,
      ),
  ],
  ['axel', '-n4', (url, target) => run('axel', '-q', '-n4', '-o', target, url)],
  [
    'lftp',
    'pget',
    (url, target) =>
      run('lftp', '--norc', '-c', `pget -n 4 "${url}" -o ${target}`),
  ],
  [
    'wget',
    '-c',
    async (url, target) => {
      const quiet = ['--no-config', '--no-verbose', '--no-proxy'];
      await begin('wget', [...quiet, '-O', '-', url], target);
      return run('wget', ...quiet, '-c', '-O', target, url);
    },
  ],
  [
    'curl',
    '-C -',
    async (url, target) => {
      const quiet = ['--disable', '--silent', '--show-error', '--fail'];
      await begin('curl', [...quiet, url], target);
      return run('curl', ...quiet, '-C', '-', '-o', target, url);
    },
  ],
];

async function run(program: ProgramName, ...parameters: string[]) {
  return (await command(program, parameters)).code;
}

/** The first half; then the client is killed. */
async function begin(
  program: ProgramName,
  parameters: string[],
  target: string,
) {
  await writeFile(target, await firstBytes(program, parameters, HALF));
}

for (const [program, how, download] of CLIENTS) {
  describeWith(
    [program],
    `a link that works once, for ${program} ${how}`,
    () => {
      describe.each(ADAPTERS)('from %s', (adapter) => {
        let site: LimitedSite;
        let link: CreatedLimitedLink;
        beforeAll(async () => {
          site = await startLimitedSite(adapter, { size: SIZE });
        });
        beforeEach(async () => {
          link = await site.share();
        });
        afterAll(() => site.stop());

        it('is one use, and no other client has any', async () => {
          const target = site.target();
          const { id, url } = link;
          const code = await download(site.origin + url, target);
          expect(code).toBe(0);
          expect(await sha256Of(target)).toBe(sha256(site.bytes));
          expect(await site.used(id)).toBe(1);
          const other = { 'User-Agent': 'other' };
          for (const headers of [other, { ...other, Range: 'bytes=100-' }]) {
            const answer = await httpRequest(site.origin, url, { headers });
            expect(answer.status).toBe(403);
          }
        });
      });
    },
  );
}
