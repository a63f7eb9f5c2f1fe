import { Controller, Get } from '@nestjs/common';
import { Download, DownloadStorages, StorageFile } from 'nestjs-downloadview';
import { TarFile, ZipFile } from 'nestjs-downloadview/archives';

@Controller('archives')
export class ArchiveController {
  constructor(private readonly storages: DownloadStorages) {}

  @Get('photos')
  @Download()
  photos() {
    return new ZipFile(this.entries(), { name: 'photos.zip' });
  }

  @Get('backup')
  @Download()
  backup() {
    return new TarFile(this.entries(), { name: 'photos.tar' });
  }

  private entries() {
    const keys = ['2026/Zürich.jpg', '2026/日本.jpg']; // those that this user may have
    const storage = this.storages.get();
    return keys.map((key) => ({
      file: new StorageFile(storage, key),
      path: key, // where it lies inside the archive
    }));
  }
}
