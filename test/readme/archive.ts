import { Controller, Get } from '@nestjs/common';
import { Download, DownloadStorages, StorageFile } from 'nestjs-downloadview';
import { ZipFile } from 'nestjs-downloadview/archives';

@Controller('archives')
export class ArchiveController {
  constructor(private readonly storages: DownloadStorages) {}

  @Get('photos')
  @Download()
  photos() {
    const keys = ['2026/Zürich.jpg', '2026/日本.jpg']; // those that this user may have
    const storage = this.storages.get();
    const entries = keys.map((path) => ({
      file: new StorageFile(storage, path),
      path, // inside the archive; rows may add size, etag and crc32
    }));
    return new ZipFile(entries, { name: 'photos.zip' });
  }
}
