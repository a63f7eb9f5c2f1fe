// Needs @nestjs/terminus: whether downloads work, for a health check.
export { DownloadHealthIndicator } from './download-health.indicator.js';
export {
  type DownloadHealthOptions,
  type DownloadHealth,
  type DownloadHealthPart,
} from './download-health.js';
