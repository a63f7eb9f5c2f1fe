// Amazon S3 and stores that speak its protocol: S3Storage.
export {};
