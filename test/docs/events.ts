import { Injectable, Logger } from '@nestjs/common';
import { DownloadEvents } from 'nestjs-downloadview';

@Injectable()
export class DownloadAudit {
  private readonly logger = new Logger('Downloads');

  constructor(events: DownloadEvents) {
    events.subscribe((event) => {
      if (event.phase !== 'finished') return;
      const { outcome, sender, status, bytes, duration, file } = event;
      this.logger.log({
        outcome,
        sender,
        status,
        bytes,
        duration,
        key: file.key,
      });
    });
  }
}
