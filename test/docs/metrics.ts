import { Module } from '@nestjs/common';
import { DownloadModule } from 'nestjs-downloadview';
import { DownloadMetrics } from 'nestjs-downloadview/opentelemetry';

@Module({
  imports: [DownloadModule.forRoot()],
  providers: [DownloadMetrics],
})
export class MeasuredModule {}
