// Azure Blob Storage: AzureBlobStorage.
export {};
