import { Controller } from '@nestjs/common';
import { HttpDownloadController, stream } from 'nestjs-downloadview';

import { PartnerServer } from './partner-server.js';

/** A file of another server, fetched and passed on. No other host than those named here is ever asked. */
@Controller('partner/prices.csv')
export class PartnerDownloadController extends HttpDownloadController {
  /** No server in front is to fetch it. */
  override backend = stream();

  constructor({ host }: PartnerServer) {
    super();
    this.allowedHosts = [host];
    this.url = `http://${host}/prices.csv`;
  }
}
