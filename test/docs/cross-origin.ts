import { type INestApplication } from '@nestjs/common';
import { DownloadModule } from 'nestjs-downloadview';

export const downloads = DownloadModule.forRoot({ exposeHeaders: true });

/** Before `app.listen()`. */
export function allowPages(app: INestApplication): void {
  app.enableCors({ origin: 'https://app.example', credentials: true });
}
