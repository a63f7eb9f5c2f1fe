import { describe, expect, it } from '@jest/globals';
import {
  DownloadError,
  FileNotFoundError,
  InvalidOptionsError,
  RemoteFileError,
  SerializedFileError,
  StorageUnavailableError,
  SuspiciousPathError,
} from 'nestjs-downloadview';

const cause = new Error('underneath');

describe('errors', () => {
  it.each<[DownloadError, string, string]>([
    [
      new FileNotFoundError('m', { cause }),
      'FileNotFoundError',
      'FILE_NOT_FOUND',
    ],
    [
      new SuspiciousPathError('m', { cause }),
      'SuspiciousPathError',
      'SUSPICIOUS_PATH',
    ],
    [
      new StorageUnavailableError('m', { cause }),
      'StorageUnavailableError',
      'STORAGE_UNAVAILABLE',
    ],
    [
      new RemoteFileError('refused', 'm', { cause }),
      'RemoteFileError',
      'REMOTE_FILE',
    ],
  ])(
    '%s has its name, its code and what is underneath',
    (error, name, code) => {
      expect(error).toBeInstanceOf(Error);
      expect(error).toBeInstanceOf(DownloadError);
      expect(error).toMatchObject({ name, code, message: 'm', cause });
      expect(String(error)).toBe(`${name}: m`);
      expect(error.stack).toContain('errors.spec');
    },
  );

  it.each<[DownloadError, string, string]>([
    [
      new InvalidOptionsError('a', 1, 'Give 2.'),
      'InvalidOptionsError',
      'INVALID_OPTIONS',
    ],
    [
      new SerializedFileError('A file'),
      'SerializedFileError',
      'SERIALIZED_FILE',
    ],
  ])('%s has its name and its code', (error, name, code) => {
    expect(error).toBeInstanceOf(DownloadError);
    expect(error).toMatchObject({ name, code });
    expect(error.cause).toBeUndefined();
  });

  it('a path that leaves its root is a file that is not there', () => {
    expect(new SuspiciousPathError('m')).toBeInstanceOf(FileNotFoundError);
    expect(new FileNotFoundError('m')).not.toBeInstanceOf(SuspiciousPathError);
  });

  it('an error of the application’s own is called as it is', () => {
    class RowNotFoundError extends FileNotFoundError {}
    const error = new RowNotFoundError('m');
    expect(error.name).toBe('RowNotFoundError');
    expect(error.code).toBe('FILE_NOT_FOUND');
  });

  it('a remote file’s error has its reason', () => {
    expect(new RemoteFileError('timed-out', 'm').reason).toBe('timed-out');
  });

  it('a wrong option is named, with what it was and what is accepted', () => {
    const error = new InvalidOptionsError('a.b', 'c\nd', 'Give e.');
    expect(error.message).toBe(
      'Invalid option "a.b": \'c\\u000ad\' was given. Give e.',
    );
    expect(error).toMatchObject({ option: 'a.b', accepted: 'Give e.' });
  });

  it('a serialised file’s error says what to do about it', () => {
    const { message } = new SerializedFileError('A LocalFile');
    expect(message).toMatch(
      /^A LocalFile was about to be serialised to JSON\./,
    );
    expect(message).toContain(
      'data instanceof StreamableFile ? data : { data }',
    );
    expect(message).toContain('@Download()');
  });
});
