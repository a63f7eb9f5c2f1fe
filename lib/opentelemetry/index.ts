// Metrics of downloads for OpenTelemetry.
export {};
