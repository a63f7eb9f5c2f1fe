import multipart from '@fastify/multipart';
import { BadRequestException, Controller, Post, Req } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { InjectRepository } from '@nestjs/typeorm';
import { type FastifyRequest } from 'fastify';
import { NewFile } from 'nestjs-downloadview/typeorm';
import { Repository } from 'typeorm';

import { Picture } from './pictures.js';

/** Before `app.listen()`. */
export async function acceptUploads(
  app: NestFastifyApplication,
): Promise<void> {
  await app.register(multipart, { limits: { fileSize: 20_000_000 } }); // bytes
}

@Controller('pictures')
export class StreamedPicturesController {
  constructor(
    @InjectRepository(Picture) private readonly pictures: Repository<Picture>,
  ) {}

  @Post()
  async add(@Req() request: FastifyRequest) {
    const upload = await request.file();
    if (!upload) throw new BadRequestException('There is no file');
    const file = new NewFile(upload.filename, upload.file); // a stream
    return this.pictures.save({ file });
  }
}
