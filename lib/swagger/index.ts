// Downloads in the OpenAPI document of @nestjs/swagger.
export {
  ApiDownload,
  type ApiDownloadOptions,
} from './api-download.decorator.js';
export { withDownloads } from './with-downloads.js';
