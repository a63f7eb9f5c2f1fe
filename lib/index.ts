// The story of a download, from the request to the bytes.

// The module: what holds for all downloads of the application.
export { DownloadModule } from './download.module.js';
export { type DownloadModuleExtras } from './download.module-definition.js';
export { type DownloadModuleOptions } from './download.options.js';

// A controller says which file is asked for, and how it is presented ...
export {
  type ControllerClassOptions,
  type ControllerPath,
} from './controllers/as-controller.js';
export { DownloadController } from './controllers/download.controller.js';
export { type DownloadRequest } from './controllers/download-request.js';
export { HttpDownloadController } from './controllers/http-download.controller.js';
export { ObjectDownloadController } from './controllers/object-download.controller.js';
export { type ObjectRepository } from './controllers/object-repository.js';
export { PathDownloadController } from './controllers/path-download.controller.js';
export { type PresentationHooks } from './controllers/presentation-hooks.js';
export { StorageDownloadController } from './controllers/storage-download.controller.js';
export { VirtualDownloadController } from './controllers/virtual-download.controller.js';

// ... or a handler of any other controller does.
export { Download } from './decorators/download.decorator.js';
export { type DownloadOptions } from './decorators/download-options.js';
export { sendfile, type SendfileOptions } from './shortcuts/sendfile.js';

// The file is wrapped and still unread ...
export { ContentFile, type ContentFileOptions } from './files/content-file.js';
export {
  type DownloadFile,
  type RemoteAnswer,
  type RemoteConditions,
} from './files/download-file.js';
export { HttpFile, type HttpFileOptions } from './files/http-file.js';
export { LocalFile, type LocalFileOptions } from './files/local-file.js';
export { StorageFile, type StorageFileOptions } from './files/storage-file.js';
export {
  type VirtualChunk,
  type VirtualContent,
  VirtualFile,
  type VirtualFileOptions,
  type VirtualSource,
} from './files/virtual-file.js';

// ... and lives in a storage, on a disk, elsewhere, or nowhere yet.
export { type Awaitable } from './storages/awaitable.js';
export {
  DownloadStorage,
  type StorageContent,
  type TemporaryUrlOptions,
} from './storages/download-storage.js';
export { DownloadStorages } from './storages/download-storages.js';
export { type FileStat, type ReadWindow } from './storages/file-stat.js';
export {
  FileSystemStorage,
  type FileSystemStorageOptions,
} from './storages/file-system.storage.js';
export { MemoryStorage } from './storages/memory.storage.js';

// The response carries the file and its presentation to the interceptor ...
export { type DownloadDescription } from './responses/describe.js';
export {
  DownloadResponse,
  type DownloadResponseOptions,
} from './responses/download-response.js';
export { type Presentation } from './responses/presentation.js';
export { type ResponseHeaders } from './responses/response-headers.js';

// ... which asks the backend: can the server in front send it?
export {
  type DirectoryRule,
  type LocationRule,
  type UrlRule,
} from './backends/rules.js';
export { nginx } from './backends/nginx.backend.js';
export { type NginxOptions } from './backends/nginx-options.js';
export { stream, type StreamOptions } from './backends/stream.backend.js';
export {
  type DownloadBackend,
  type ProxiableDownload,
  type ServerConfigOptions,
} from './responses/download-backend.js';
export { ProxiedDownloadResponse } from './responses/proxied-download-response.js';

// What can go wrong on the way.
export { DownloadError } from './errors/download.error.js';
export { FileChangedError } from './errors/file-changed.error.js';
export { FileNotFoundError } from './errors/file-not-found.error.js';
export { InvalidOptionsError } from './errors/invalid-options.error.js';
export {
  RemoteFileError,
  type RemoteFailure,
} from './errors/remote-file.error.js';
export { SerializedFileError } from './errors/serialized-file.error.js';
export { StorageUnavailableError } from './errors/storage-unavailable.error.js';
export { SuspiciousPathError } from './errors/suspicious-path.error.js';
