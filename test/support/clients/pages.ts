import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The pages of the documentation, as they lie in the repository. */
export async function pages(): Promise<{ name: string; text: string }[]> {
  const names = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...(await readdir('docs')).map((name) => `docs/${name}`),
  ];
  return Promise.all(
    names.map(async (name) => ({ name, text: await readFile(name, 'utf8') })),
  );
}

/** The files that hold the snippets of the pages. */
export async function snippetFiles(): Promise<
  { name: string; text: string }[]
> {
  const directory = 'test/docs';
  return Promise.all(
    (await readdir(directory)).sort().map(async (name) => ({
      name,
      text: await readFile(join(directory, name), 'utf8'),
    })),
  );
}

/** A block of code between two fences. */
export interface Block {
  readonly page: string;
  readonly language: string;
  readonly code: string;
}

export function blocksOf({
  name,
  text,
}: {
  name: string;
  text: string;
}): Block[] {
  return [...text.matchAll(/^```(.*)\n([^]*?)^```$/gm)].map(
    ([, language = '', code = '']) => ({ page: name, language, code }),
  );
}

/** Whether a text holds these lines, one after the other, in whatever depth. */
export function holdsLines(text: string, code: string): boolean {
  const lines = (value: string) =>
    value
      .trim()
      .split('\n')
      .map((line) => line.trim())
      .join('\n');
  return `\n${lines(text)}\n`.includes(`\n${lines(code)}\n`);
}

/** The anchors of a page, as they are made of its headings. */
export function anchorsOf(text: string): string[] {
  const prose = text.replace(/^```[^]*?^```$/gm, '');
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/ /g, '-'),
  );
}
