import { resolve } from 'node:path';

import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DownloadModule, PathDownloadController } from 'nestjs-downloadview';

@Controller('manuals/*path')
class ManualController extends PathDownloadController {
  root = resolve('manuals'); // the directory whose files are handed out
}

@Module({
  imports: [DownloadModule.forRoot()],
  controllers: [ManualController],
})
class AppModule {}

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
void bootstrap();
