import { Controller, Get } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Download } from 'nestjs-downloadview';
import { CsvFile } from 'nestjs-downloadview/csv';
import { MoreThan, Repository } from 'typeorm';

import { Document } from './documents.js'; // the entity of Controllers

@Controller('exports')
export class ExportController {
  constructor(
    @InjectRepository(Document)
    private readonly documents: Repository<Document>,
  ) {}

  @Get('documents')
  @Download()
  rows() {
    const query = this.documents.createQueryBuilder('d').orderBy('d.id');
    return new CsvFile(query, {
      name: 'documents.csv',
      columns: { d_id: 'Id', d_title: 'Title' }, // raw rows have alias and column in their keys
    });
  }

  @Get('documents-in-pages')
  @Download()
  rowsInPages() {
    return new CsvFile(() => this.pages(), {
      name: 'documents.csv',
      columns: ['id', 'title'],
      delimiter: ';',
      bom: true, // Excel reads it as UTF-8
    });
  }

  private async *pages() {
    for (let last = 0; ;) {
      const page = await this.documents.find({
        where: { id: MoreThan(last) },
        order: { id: 'ASC' },
        take: 500,
      });
      if (page.length === 0) return;
      yield* page;
      last = page[page.length - 1].id;
    }
  }
}
