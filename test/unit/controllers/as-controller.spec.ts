import { describe, expect, it } from '@jest/globals';
import {
  InvalidOptionsError,
  ObjectDownloadController,
  PathDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';

describe('a class of asController()', () => {
  it('is named after its base and its route', () => {
    const { name } = PathDownloadController.asController('files/*path');
    expect(name).toBe('PathDownloadController_files_path');
    expect(
      StorageDownloadController.asController(['/a-b/:path', 'größe']).name,
    ).toBe('StorageDownloadController_a_b_path_größe');
    expect(
      PathDownloadController.asController({ path: 'v', version: ['1', '2'] })
        .name,
    ).toBe('PathDownloadController_v_1_2');
    expect(PathDownloadController.asController('').name).toBe(
      'PathDownloadController',
    );
  });

  it('has a name of its own where routes look alike, the same one each time', () => {
    const names = (): string[] =>
      ['docs/:path', 'docs/*path', 'docs/path', 'docs-path'].map(
        (path) => PathDownloadController.asController(path).name,
      );
    expect(new Set(names()).size).toBe(4);
    expect(names()).toEqual(names());
  });

  it('has the name that it is given', () => {
    const { name } = PathDownloadController.asController('terms', {
      name: 'TermsController',
    });
    expect(name).toBe('TermsController');
  });

  it.each(['', ' ', 'a b', '1a', 7, null])('is not named %j', (name) => {
    expect(() =>
      PathDownloadController.asController('terms', { name: name as string }),
    ).toThrow(InvalidOptionsError);
  });

  it.each<[string, object, string]>([
    ['a hook', { getRoot: () => '/' }, 'extend the class'],
    ['the route', { handleDownload: () => undefined }, 'extend the class'],
    ['a method of ours', { checkOptions: () => undefined }, 'extend the class'],
    ['constructor', { constructor: Object }, 'extend the class'],
    ['what all objects have', { toString: () => '' }, 'has no such option'],
    ['a getter', { addressUse: 'x' }, 'has no such option'],
    [
      '__proto__',
      JSON.parse('{"__proto__": {"root": "/"}}') as object,
      'has no such option',
    ],
    ['nothing that there is', { rooot: '/' }, 'has no such option'],
  ])('refuses %s as an option, by name', (_, options, reason) => {
    const make = (): unknown =>
      PathDownloadController.asController('refused/*path', options);
    const [option = ''] = Object.getOwnPropertyNames(options);
    expect(make).toThrow(InvalidOptionsError);
    expect(make).toThrow(`PathDownloadController.${option}`);
    expect(make).toThrow(reason);
  });

  it('takes only what is the options’ own', () => {
    const options = Object.create({ dotfiles: true }) as { root?: string };
    options.root = '/srv';
    const made = PathDownloadController.asController('own/*path', options);
    const controller = new made();
    expect(controller.root).toBe('/srv');
    expect(controller.dotfiles).toBe(false);
  });

  it('takes a repository, which is a property of the interface alone', () => {
    const repository = { findOne: () => Promise.resolve(null) };
    const made = ObjectDownloadController.asController('own/:id', {
      repository,
    });
    expect(new made().repository).toBe(repository);
  });
});
