import { type Readable } from 'node:stream';

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { NewFile } from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

import { Picture } from './pictures.js';

@Injectable()
export class Pictures {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async add(name: string, content: Readable): Promise<Picture> {
    const file = await new NewFile(name, content).store();
    return this.dataSource.transaction((manager) =>
      manager.save(manager.create(Picture, { file })),
    );
  }
}
