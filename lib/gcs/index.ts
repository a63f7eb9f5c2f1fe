// Google Cloud Storage: GoogleCloudStorage.
export {};
