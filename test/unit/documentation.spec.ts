import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

import { beforeAll, describe, expect, it } from '@jest/globals';

import { runCommand } from '../../lib/command/run-command.js';
import {
  anchorsOf,
  type Block,
  blocksOf,
  holdsLines,
  pages,
  snippetFiles,
} from '../support/clients/pages.js';

const MOST_LINES = 350;

describe('the documentation', () => {
  let texts: Awaited<ReturnType<typeof pages>>;
  let snippets: Awaited<ReturnType<typeof snippetFiles>>;
  let blocks: Block[];
  let manifest: {
    files: string[];
    exports: Record<string, unknown>;
    scripts: Record<string, string>;
    peerDependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const blocksIn = (language: string) =>
    blocks.filter((block) => block.language === language);

  beforeAll(async () => {
    texts = await pages();
    snippets = await snippetFiles();
    blocks = texts.flatMap(blocksOf);
    manifest = JSON.parse(await readFile('package.json', 'utf8'));
  });

  it('has a README that is read in one go', () => {
    const readme = texts.find(({ name }) => name === 'README.md');
    expect(readme?.text.split('\n').length).toBeLessThanOrEqual(MOST_LINES);
  });

  it('says of each block of code what it is', () => {
    const languages = ['ts', 'js', 'sh', 'nginx', 'text'];
    const others = blocks.filter(
      ({ language }) => !languages.includes(language),
    );
    expect(others).toEqual([]);
  });

  it('shows no code that is not type-checked and run by a test', () => {
    const untested = [...blocksIn('ts'), ...blocksIn('js')].filter(
      ({ code }) => !snippets.some(({ text }) => holdsLines(text, code)),
    );
    expect(untested).toEqual([]);
  });

  it('shows each file of test/docs on a page', () => {
    const shown = [...blocksIn('ts'), ...blocksIn('js')];
    const hidden = snippets
      .filter(({ text }) => !shown.some(({ code }) => holdsLines(text, code)))
      .map(({ name }) => name);
    expect(hidden).toEqual([]);
  });

  it('runs each file of test/docs in a test', async () => {
    const specs: string[] = [];
    for (const directory of [
      'test/e2e',
      'test/browser',
      'test/docs',
      'test/support',
    ]) {
      for (const name of await readdir(directory)) {
        const isProgram = name.endsWith('-application.ts');
        if (!isProgram && !name.endsWith('.spec.ts')) continue;
        specs.push(await readFile(join(directory, name), 'utf8'));
      }
    }
    const idle = snippets
      .map(({ name }) => name)
      .filter((name) => !name.endsWith('.spec.ts'))
      .map((name) => `/${name.replace(/ts$/, 'js')}'`)
      .filter((name) => !specs.some((spec) => spec.includes(name)));
    expect(idle).toEqual([]);
  });

  it('shows what is printed for nginx', async () => {
    const { backend } = await import('../docs/nginx.js');
    const printed = backend.serverConfig?.({
      upstream: '127.0.0.1:3000',
      listen: '80',
    });
    const others = blocksIn('nginx').filter(
      ({ code }) => !holdsLines(printed ?? '', code),
    );
    expect(others).toEqual([]);
  });

  it('names only scripts, packages and commands that exist', async () => {
    const wrong: string[] = [];
    const known = { ...manifest.peerDependencies, ...manifest.devDependencies };
    const lines = blocksIn('sh').flatMap(({ code }) => code.trim().split('\n'));
    for (const line of lines.flatMap((text) => text.split(' && '))) {
      const [program, ...words] = line.replace(/#.*/, '').trim().split(/\s+/);
      const [verb = '', ...rest] = words;
      if (program === 'npm' && verb === 'install') {
        wrong.push(
          ...rest.filter(
            (name) => name !== 'nestjs-downloadview' && !(name in known),
          ),
        );
      }
      const script = { run: rest[0], test: 'test', start: 'start' }[verb];
      if (program === 'npm' && script && !(script in manifest.scripts)) {
        wrong.push(line);
      }
      if (program === 'npx' && verb === 'nestjs-downloadview') {
        const surroundings = {
          version: '',
          standardInput: () => Promise.resolve('events {}\n'),
        };
        const isCheck = rest[0] === 'check-config';
        const parameters = isCheck ? [...rest.slice(0, 2), '-'] : rest;
        const { status } = await runCommand(parameters, surroundings);
        if (status === 2) wrong.push(line);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('has no dead link, neither here nor in the package', async () => {
    const dead: string[] = [];
    const inPackage = ['README.md', 'LICENSE', ...manifest.files];
    for (const { name, text } of texts) {
      for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link)) continue;
        const [path = '', anchor] = link.split('#');
        const file = path === '' ? name : normalize(join(dirname(name), path));
        const target = await readFile(file, 'utf8').catch(() => undefined);
        const isPacked = inPackage.some(
          (packed) => file === packed || file.startsWith(`${packed}/`),
        );
        const hasAnchor =
          anchor === undefined ||
          (target !== undefined && anchorsOf(target).includes(anchor));
        if (!isPacked || target === undefined || !hasAnchor) {
          dead.push(`${name}: ${link}`);
        }
      }
    }
    expect(dead).toEqual([]);
  });

  it('names all that an application imports, types excepted', async () => {
    const all = texts.map(({ text }) => text).join('\n');
    const entries = Object.keys(manifest.exports)
      .filter((entry) => entry !== './package.json')
      .map((entry) => entry.replace(/^\./, 'nestjs-downloadview'));
    const names: string[] = [];
    for (const entry of entries) {
      names.push(...Object.keys((await import(entry)) as object));
    }
    const unnamed = names.filter(
      (name) => !new RegExp(`\\b${name}\\b`).test(all),
    );
    expect(names).toContain('DownloadModule');
    expect(unnamed).toEqual([]);
  });

  it('names only files of the repository that are there', async () => {
    const missing: string[] = [];
    for (const { name, text } of texts) {
      const paths = text.matchAll(/`((?:lib|test|sample)\/[\w./-]+)`/g);
      for (const [, path = ''] of paths) {
        await access(path).catch(() => missing.push(`${name}: ${path}`));
      }
    }
    expect(missing).toEqual([]);
  });
});
