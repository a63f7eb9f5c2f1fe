import {
  Controller,
  Inject,
  Injectable,
  type INestApplication,
} from '@nestjs/common';
import compression from 'compression';
import helmet from 'helmet';
import { type Model } from 'mongoose';
import {
  type DownloadRequest,
  ObjectDownloadController,
} from 'nestjs-downloadview';

interface Invoice {
  id: number;
  number: string;
  file: string;
}

/** Stands for the client that `prisma generate` makes. */
@Injectable()
export class PrismaService {
  readonly invoice!: {
    findUnique(query: { where: { id: number } }): Promise<Invoice | null>;
  };
}

@Controller('prisma/:id')
export class PrismaInvoiceController extends ObjectDownloadController<Invoice> {
  constructor(private readonly prisma: PrismaService) {
    super();
  }

  async getObject({ params }: DownloadRequest) {
    const id = Number(params.id);
    if (!Number.isSafeInteger(id)) return null; // 404
    return this.prisma.invoice.findUnique({ where: { id } });
  }
}

interface StoredInvoice {
  _id: string;
  number: string;
  file: string;
}

@Controller('mongoose/:id')
export class MongooseInvoiceController extends ObjectDownloadController<StoredInvoice> {
  idField = '_id';

  constructor(
    @Inject('InvoiceModel') // with @nestjs/mongoose: @InjectModel('Invoice')
    private readonly invoices: Model<StoredInvoice>,
  ) {
    super();
  }

  async getObject(request: DownloadRequest) {
    const where = await this.getWhere(request);
    return this.invoices.findOne(where, null, { strictQuery: 'throw' });
  }
}

/** Express. */
export function protect(app: INestApplication): void {
  app.use(helmet());
  app.use(compression());
}
