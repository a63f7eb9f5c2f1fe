import { Controller } from '@nestjs/common';
import {
  type DownloadRequest,
  HttpDownloadController,
} from 'nestjs-downloadview';

const billing = process.env.BILLING_HOST ?? 'billing.internal:9000';

@Controller('invoices/:id')
export class InvoiceController extends HttpDownloadController {
  allowedHosts = [billing]; // no other server is ever asked
  maxSize = 50_000_000; // bytes

  getUrl(request: DownloadRequest) {
    const id = encodeURIComponent(String(request.params.id));
    return `http://${billing}/invoices/${id}.pdf`;
  }
}
