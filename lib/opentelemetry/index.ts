// Metrics of downloads for OpenTelemetry.
export { DownloadMetrics } from './download-metrics.js';
