import { type INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { withDownloads } from 'nestjs-downloadview/swagger';

/** Before `app.listen()`. */
export function describeApi(app: INestApplication): void {
  const config = new DocumentBuilder().setTitle('Documents').build();
  const document = withDownloads(app, () =>
    SwaggerModule.createDocument(app, config),
  );
  SwaggerModule.setup('api', app, document);
}
