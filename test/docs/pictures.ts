// pictures.ts
import { resolve } from 'node:path';

import {
  Controller,
  Module,
  ParseFilePipe,
  Post,
  UploadedFile,
  UseInterceptors,
} from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import {
  DownloadModule,
  FileSystemStorage,
  ObjectDownloadController,
  type StorageFile,
} from 'nestjs-downloadview';
import {
  FileColumn,
  FileColumnsModule,
  NewFile,
} from 'nestjs-downloadview/typeorm';
import { Entity, PrimaryGeneratedColumn, Repository } from 'typeorm';

@Entity()
export class Picture {
  @PrimaryGeneratedColumn()
  id!: number;

  @FileColumn({ directory: 'pictures' })
  file!: StorageFile; // in the database: its key
}

@Controller('pictures')
export class PicturesController {
  constructor(
    @InjectRepository(Picture) private readonly pictures: Repository<Picture>,
  ) {}

  @Post()
  @UseInterceptors(
    FileInterceptor('file', {
      limits: { fileSize: 20_000_000 }, // bytes; more is 413
      defParamCharset: 'utf8', // é in names
    }),
  )
  add(@UploadedFile(ParseFilePipe) upload: Express.Multer.File) {
    const file = new NewFile(upload.originalname, upload.buffer);
    return this.pictures.save({ file }); // keeps the file, then writes the row
  }
}

@Controller('pictures/:id')
export class PictureDownloadController extends ObjectDownloadController<Picture> {
  constructor(
    @InjectRepository(Picture) readonly repository: Repository<Picture>,
  ) {
    super();
  }
}

@Module({
  imports: [
    DownloadModule.forRoot({
      storages: { default: new FileSystemStorage({ root: resolve('media') }) },
    }),
    TypeOrmModule.forRoot({
      type: 'sqljs',
      entities: [Picture],
      synchronize: true,
    }),
    TypeOrmModule.forFeature([Picture]),
    FileColumnsModule.forRoot(), // gives the columns the storages
  ],
  controllers: [PicturesController, PictureDownloadController],
})
export class PicturesModule {}
