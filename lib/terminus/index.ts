// Needs @nestjs/terminus: whether downloads work, for a health check.
export { DownloadHealthIndicator } from './download-health.indicator.js';
export { type DownloadHealthOptions } from './download-health-options.js';
export {
  type DownloadHealth,
  type DownloadHealthPart,
} from './download-health.js';
