// Compiled by `npm run typecheck`, and never run: requests of both adapters fit the hooks.

import { type Request } from 'express';
import { type FastifyRequest } from 'fastify';
import {
  ContentFile,
  DownloadController,
  type DownloadRequest,
  nginx,
} from 'nestjs-downloadview';

export class WithFastify extends DownloadController {
  override getFile(
    request: FastifyRequest<{
      Params: { year: string };
      Querystring: { month?: string };
    }>,
  ): ContentFile {
    const { year } = request.params;
    return new ContentFile(year, { name: `${request.query.month}.txt` });
  }
}

export class WithExpress extends DownloadController {
  override getFile(request: Request<{ year: string }>): ContentFile {
    return new ContentFile(request.params.year, { name: request.path });
  }
}

export class WithOurs extends DownloadController {
  override getFile({ query }: DownloadRequest): ContentFile {
    return new ContentFile(String(query.month), { name: 'a.txt' });
  }
}

nginx({ rules: [] }).serverConfig?.({ listen: 80, upstream: '127.0.0.1:3000' });
