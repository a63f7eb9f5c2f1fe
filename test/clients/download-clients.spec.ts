import { randomBytes } from 'node:crypto';
import { utimes } from 'node:fs/promises';

import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';

import {
  type ClientSite,
  sha256,
  sha256Of,
  startClientSite,
} from '../support/clients/client-site.js';
import { command, firstBytes } from '../support/command.js';
import { describeWith } from '../support/describe-with.js';
import { type ProgramName } from '../support/programs.js';

const HALF = 10_000_000;

/** A suite for one client, on both adapters. */
function describeClient(
  programs: readonly ProgramName[],
  suite: (site: () => ClientSite) => void,
): void {
  describeWith(programs, `${programs[0]} downloads`, () => {
    let site: ClientSite;
    beforeAll(async () => {
      site = await startClientSite('fastify');
    });
    beforeEach(() => site.forget());
    afterAll(() => site.stop());
    suite(() => site);
  });
}

async function expectWhole(site: ClientSite, target: string): Promise<void> {
  expect(await sha256Of(target)).toBe(sha256(site.bytes));
}

describeClient(['curl'], (site) => {
  const QUIET = ['--disable', '--silent', '--show-error', '--fail'];
  const url = (name = 'files/file.bin') => `${site().origin}/${name}`;
  const curl = (...parameters: string[]) =>
    command('curl', [...QUIET, ...parameters]);

  it('the whole file under its name', async () => {
    const target = site().target();
    const { code } = await curl(
      '-OJ',
      '--create-dirs',
      '--output-dir',
      target,
      url(),
    );
    expect(code).toBe(0);
    await expectWhole(site(), `${target}/file.bin`);
  });

  it('the rest after it was cut off (-C -)', async () => {
    const begun = await firstBytes('curl', [...QUIET, url()], HALF);
    const target = await site().directory.write('begun.bin', begun);
    const { code } = await curl('-C', '-', '-o', target, url());
    expect(code).toBe(0);
    expect(site().count(206)).toBe(1);
    await expectWhole(site(), target);
  });

  it('notices a reset', async () => {
    const { code } = await curl('-o', site().target(), url('cut'));
    expect([18, 56]).toContain(code);
  });

  it('two ranges in one answer (-r a-b,c-d)', async () => {
    const { output } = await curl('-i', '-r', '100-199,5000000-5299999', url());
    const { bytes } = site();
    expect(parseRanges(output)).toEqual([
      {
        range: `bytes 100-199/${bytes.length}`,
        sha256: sha256(bytes.subarray(100, 200)),
      },
      {
        range: `bytes 5000000-5299999/${bytes.length}`,
        sha256: sha256(bytes.subarray(5_000_000, 5_300_000)),
      },
    ]);
  });

  it('the last bytes (-r -500)', async () => {
    const { output } = await curl('-r', '-500', url());
    expect(output.equals(site().bytes.subarray(-500))).toBe(true);
  });

  it('only what is newer (-z)', async () => {
    const target = site().target();
    await curl('-R', '-o', target, url());
    await curl('-z', target, '-o', target, url());
    expect(site().exchanged.map(({ status }) => status)).toEqual([200, 304]);
    await expectWhole(site(), target);
    const past = new Date(0);
    await utimes(target, past, past);
    await curl('-z', target, '-o', target, url());
    expect(site().count(200)).toBe(2);
    await expectWhole(site(), target);
  });

  it('only what has another tag (--etag-save, --etag-compare)', async () => {
    const target = site().target();
    const tag = `${target}.etag`;
    await curl('--etag-save', tag, '-o', target, url());
    await curl('--etag-compare', tag, '-o', target, url());
    expect(site().exchanged.map(({ status }) => status)).toEqual([200, 304]);
    await expectWhole(site(), target);
  });
});

describeClient(['wget'], (site) => {
  const QUIET = ['--no-config', '--no-verbose', '--waitretry=0', '--no-proxy'];
  const wget = (name: string, ...parameters: string[]) =>
    command('wget', [...QUIET, ...parameters, `${site().origin}/${name}`]);

  it('the whole file', async () => {
    const target = site().target();
    expect((await wget('files/file.bin', '-O', target)).code).toBe(0);
    await expectWhole(site(), target);
  });

  it('the rest after it was cut off (-c)', async () => {
    const url = `${site().origin}/files/file.bin`;
    const begun = await firstBytes('wget', [...QUIET, '-O', '-', url], HALF);
    const target = await site().directory.write('begun.bin', begun);
    expect((await wget('files/file.bin', '-c', '-O', target)).code).toBe(0);
    expect(site().count(206)).toBe(1);
    await expectWhole(site(), target);
  });

  it('nothing more of a file that it has whole (-c)', async () => {
    const target = await site().directory.write('whole.bin', site().bytes);
    expect((await wget('files/file.bin', '-c', '-O', target)).code).toBe(0);
    expect(site().count(416)).toBe(1);
    await expectWhole(site(), target);
  });

  it('the rest by itself after a reset', async () => {
    const target = site().target();
    expect((await wget('cut', '-O', target)).code).toBe(0);
    expect(site().exchanged.length).toBeGreaterThan(1);
    await expectWhole(site(), target);
  });
});

describeClient(['aria2c'], (site) => {
  it.each(['files/file.bin', 'cut'])(
    'in four pieces at once (-x4): %s',
    async (name) => {
      const target = site().target();
      const { code } = await command('aria2c', [
        ...['--no-conf', '--quiet', '-x4', '-s4', '-k1M', '--retry-wait=0'],
        ...['--file-allocation=none', '-d', '/', '-o', target.slice(1)],
        `${site().origin}/${name}`,
      ]);
      expect(code).toBe(0);
      expect(site().count(206)).toBeGreaterThan(1);
      await expectWhole(site(), target);
    },
  );
});

describeClient(['axel'], (site) => {
  it('in four pieces at once (-n4)', async () => {
    const target = site().target();
    const { code } = await command('axel', [
      ...['-q', '-n4', '-o', target],
      `${site().origin}/files/file.bin`,
    ]);
    expect(code).toBe(0);
    expect(site().count(206)).toBeGreaterThan(1);
    await expectWhole(site(), target);
  });
});

describeClient(['lftp'], (site) => {
  const lftp = (script: string) => command('lftp', ['--norc', '-c', script]);

  it('in four pieces at once (pget -n4)', async () => {
    const target = site().target();
    const { code } = await lftp(
      `pget -n 4 ${site().origin}/files/file.bin -o ${target}`,
    );
    expect(code).toBe(0);
    expect(site().count(206)).toBeGreaterThan(1);
    await expectWhole(site(), target);
  });

  it('the rest after it was cut off (get -c)', async () => {
    const begun = site().bytes.subarray(0, HALF);
    const target = await site().directory.write('begun.bin', begun);
    const { code } = await lftp(
      `get -c ${site().origin}/files/file.bin -o ${target}`,
    );
    expect(code).toBe(0);
    expect(site().count(206)).toBe(1);
    await expectWhole(site(), target);
  });
});

describeClient(['zsync', 'zsyncmake'], (site) => {
  it('only what has changed, in several ranges of one answer', async () => {
    const { directory, origin, bytes } = site();
    const old = Buffer.from(bytes);
    for (const at of [1_000_000, 7_000_000, 13_000_000, 19_000_000]) {
      randomBytes(50_000).copy(old, at);
    }
    const seed = await directory.write('old.bin', old);
    const control = `${directory.path}/file.bin.zsync`;
    await command('zsyncmake', [
      ...['-u', `${origin}/files/file.bin`, '-o', control],
      `${directory.path}/file.bin`,
    ]);
    const target = site().target();
    const { code } = await command(
      'zsync',
      ['-q', '-i', seed, '-o', target, `${origin}/files/file.bin.zsync`],
      { cwd: directory.path },
    );
    expect(code).toBe(0);
    const several = site().exchanged.filter(({ headers }) =>
      headers.range?.includes(','),
    );
    expect(several.map(({ status }) => status)).toContain(206);
    await expectWhole(site(), target);
  });
});

describeClient(['ffprobe', 'ffmpeg'], (site) => {
  const QUIET = ['-v', 'error', '-nostdin'];
  let film: string;
  let name = 0;

  beforeEach(async () => {
    film = `film-${(name += 1)}.mp4`;
    // The index stands at the end, so that a player has to seek.
    const { code } = await command('ffmpeg', [
      ...[...QUIET, '-f', 'lavfi', '-i', 'testsrc=duration=20:size=640x360'],
      ...['-c:v', 'mpeg4', '-b:v', '4M', `${site().directory.path}/${film}`],
    ]);
    expect(code).toBe(0);
  });

  it('what it has to know of a film', async () => {
    const probe = async (place: string) => {
      const { output } = await command('ffprobe', [
        ...['-v', 'error', '-show_entries', 'format=duration,size'],
        ...[
          '-show_entries',
          'stream=codec_name,nb_frames',
          '-of',
          'json',
          place,
        ],
      ]);
      return JSON.parse(output.toString()) as unknown;
    };
    expect(await probe(`${site().origin}/files/${film}`)).toEqual(
      await probe(`${site().directory.path}/${film}`),
    );
    expect(site().count(206)).toBeGreaterThan(1);
  });

  it.each([[[]], [['-ss', '12']]])(
    'every packet of a film, from the place that was asked for %j',
    async (place) => {
      const packets = async (input: string) => {
        const { output } = await command('ffmpeg', [
          ...[...QUIET, ...place, '-i', input, '-c', 'copy', '-f', 'md5', '-'],
        ]);
        return output.toString();
      };
      const expected = await packets(`${site().directory.path}/${film}`);
      expect(expected).toMatch(/^MD5=/);
      expect(await packets(`${site().origin}/files/${film}`)).toBe(expected);
    },
  );
});

/** The parts of a multipart/byteranges answer with its head, taken apart by its boundary. */
function parseRanges(
  answer: Buffer,
): { range: string | undefined; sha256: string }[] {
  const text = answer.toString('latin1');
  const headEnd = text.indexOf('\r\n\r\n');
  const head = text.slice(0, headEnd);
  const boundary = /multipart\/byteranges; ?boundary="?([^"\r\n]+)"?/i.exec(
    head,
  )?.[1];
  expect(boundary).toBeDefined();
  expect(head).toMatch(
    new RegExp(`content-length: ${answer.length - headEnd - 4}\\b`, 'i'),
  );
  const [, ...parts] = text.slice(headEnd + 2).split(`\r\n--${boundary}`);
  expect(parts.pop()).toMatch(/^--(\r\n)?$/);
  return parts.map((part) => {
    const end = part.indexOf('\r\n\r\n');
    const range = /content-range: (.*)/i.exec(part.slice(0, end))?.[1];
    return {
      range,
      sha256: sha256(Buffer.from(part.slice(end + 4), 'latin1')),
    };
  });
}
