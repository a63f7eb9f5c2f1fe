import { join } from 'node:path';
import { ZipArchive } from 'archiver';
import { StreamableFile } from '@nestjs/common';
import { Download, LocalFile } from 'nestjs-downloadview';
import { TarFile, ZipFile } from 'nestjs-downloadview/archives';
import yazl from 'yazl';
import { controller } from './controllers.mjs';

const SETS = {
  small: { count: 10_000, file: '4k.bin' },
  large: { count: 16, file: '64m.bin' },
};

/** Files of a disk as one ZIP file, none of them compressed. */
export function archives(directory) {
  const entriesOf = (request) => {
    const { count, file } = SETS[request.params.set];
    const path = join(directory, file);
    return Array.from({ length: count }, (_, index) => ({
      path,
      name: `${index}.bin`,
    }));
  };
  const files = (request) =>
    entriesOf(request).map(({ path, name }) => ({
      file: new LocalFile(path),
      path: name,
    }));

  class Archives {
    ours(request) {
      return new ZipFile(files(request), { name: 'all.zip' });
    }
    tar(request) {
      return new TarFile(files(request), { name: 'all.tar' });
    }
    yazl(request) {
      const zip = new yazl.ZipFile();
      for (const { path, name } of entriesOf(request)) {
        zip.addFile(path, name, { compress: false });
      }
      zip.end();
      return new StreamableFile(zip.outputStream);
    }
    archiver(request) {
      const zip = new ZipArchive({ store: true });
      for (const { path, name } of entriesOf(request)) zip.file(path, { name });
      zip.finalize();
      return new StreamableFile(zip);
    }
  }
  const type = controller(Archives, {
    ours: 'ours/:set',
    tar: 'tar/:set',
    yazl: 'yazl/:set',
    archiver: 'archiver/:set',
  });
  for (const name of ['ours', 'tar']) {
    const descriptor = Object.getOwnPropertyDescriptor(
      Archives.prototype,
      name,
    );
    Download()(Archives.prototype, name, descriptor);
  }
  return type;
}
