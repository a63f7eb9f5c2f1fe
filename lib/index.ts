// The story of a download, from the request to the bytes.

// The module: what holds for all downloads of the application.
export { DownloadModule } from './download.module.js';
export { type DownloadModuleExtras } from './download.module-definition.js';
export { type DownloadModuleOptions } from './download.options.js';
export { type CompletionsOptions } from './completions/download-completions.js';

// A controller says which file is asked for, and how it is presented ...
export {
  type ControllerClassOptions,
  type ControllerPath,
} from './controllers/as-controller.js';
export {
  DownloadController,
  type PresentationHooks,
} from './controllers/download.controller.js';
export { type DownloadRequest } from './http/download-request.js';
export { HttpDownloadController } from './controllers/http-download.controller.js';
export { ObjectDownloadController } from './controllers/object-download.controller.js';
export { type ObjectRepository } from './controllers/object-download.controller.js';
export { PathDownloadController } from './controllers/path-download.controller.js';
export { StorageDownloadController } from './controllers/storage-download.controller.js';
export { VirtualDownloadController } from './controllers/virtual-download.controller.js';

// ... or a handler of any other controller does.
export { Download } from './decorators/download.decorator.js';
export { type DownloadOptions } from './decorators/download.decorator.js';
export { sendfile, type SendfileOptions } from './shortcuts/sendfile.js';

// The link to it may be signed: for a while, for a name, for one user.
export { boundToIp } from './signing/signed-url.guard.js';
export {
  type SignOptions,
  type VerifyOptions,
} from './signing/sign-options.js';
export { SignedUrl } from './signing/signed-url.guard.js';
export { type SignedUrlOptions } from './signing/signed-url.guard.js';
export { type SignedRequest } from './signing/signed-url.guard.js';
export { signedUrls } from './signing/signed-urls.js';
export { type SigningOptions } from './signing/signing-options.js';
export { UrlSigner } from './signing/url-signer.js';

// The file is wrapped and still unread ...
export { ContentFile, type ContentFileOptions } from './files/content-file.js';
export { type DownloadFile } from './files/download-file.js';
export { DerivedFile, type DerivedFileOptions } from './files/derived-file.js';
export { HttpFile } from './files/http-file.js';
export { type HttpFileOptions } from './files/http-file.js';
export { LocalFile, type LocalFileOptions } from './files/local-file.js';
export { StorageFile, type StorageFileOptions } from './files/storage-file.js';
export {
  TemporaryFile,
  type TemporaryFileOptions,
} from './files/temporary-file.js';
export {
  TemporaryFiles,
  type TemporaryFilesOptions,
} from './files/temporary-files.js';
export { VirtualFile, type VirtualFileOptions } from './files/virtual-file.js';
export {
  type VirtualChunk,
  type VirtualContent,
  type VirtualSource,
} from './files/virtual-file-source.js';

// ... and lives in a storage, on a disk, elsewhere, or nowhere yet.
export { type Awaitable } from './storages/awaitable.js';
export {
  DownloadStorage,
  type SaveOptions,
  type StorageContent,
  type TemporaryUrlOptions,
} from './storages/download-storage.js';
export {
  type RemoteAnswer,
  type RemoteConditions,
} from './storages/remote-answer.js';
export { DownloadStorages } from './storages/download-storages.js';
export {
  type FileStat,
  type ReadWindow,
  type StatOptions,
} from './storages/file-stat.js';
export { type Etag } from './storages/etag-choice.js';
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
export {
  type ConcurrentOptions,
  type DownloadSlots,
} from './responses/concurrent-options.js';
export { type Presentation, type QuotedTag } from './responses/presentation.js';
export { type ResponseHeaders } from './responses/response-headers.js';

// ... which asks the backend: can the server in front send it?
export {
  type DirectoryPathRule,
  type DirectoryRule,
  type LocationRule,
  type PathRule,
  type UrlPathRule,
  type UrlRule,
} from './backends/rules.js';
export { type PathEncoding } from './backends/rules.js';
export { apache, type ApacheOptions } from './backends/apache.backend.js';
export { caddy, type CaddyOptions } from './backends/caddy.backend.js';
export { lighttpd, type LighttpdOptions } from './backends/lighttpd.backend.js';
export { nginx } from './backends/nginx.backend.js';
export {
  type NginxOptions,
  type NginxCacheOptions,
  type NginxRemoteOptions,
  type NginxRule,
  type NginxSettings,
} from './backends/nginx-options.js';
export { redirect, type RedirectOptions } from './backends/redirect.backend.js';
export { stream, type StreamOptions } from './backends/stream.backend.js';
export {
  type DownloadBackend,
  type ProxiableDownload,
  type ProxiableRequest,
  type ServerConfigOptions,
} from './responses/download-backend.js';
export {
  type ProxiedDownloadOptions,
  ProxiedDownloadResponse,
} from './responses/download-backend.js';

// ... and why it can, or cannot.
export { DownloadExplainer } from './interceptors/download-explainer.js';
export { type DownloadExplanation } from './responses/download-backend.js';
export {
  type DownloadPlace,
  type DownloadSource,
} from './responses/download-backend.js';
export { type OffloadNote } from './responses/download-backend.js';

// Who got what, and was it sent?
export {
  type DownloadEvent,
  DownloadEvents,
  type DownloadOutcome,
} from './events/download-events.js';

// What can go wrong on the way.
export { DownloadError } from './errors/download-errors.js';
export { FileChangedError } from './errors/download-errors.js';
export { FileNotFoundError } from './errors/download-errors.js';
export { InvalidSignatureError } from './errors/download-errors.js';
export { InvalidOptionsError } from './errors/download-errors.js';
export {
  RemoteFileError,
  type RemoteFailure,
} from './errors/download-errors.js';
export { SerializedFileError } from './errors/download-errors.js';
export {
  type StorageFailure,
  StorageUnavailableError,
} from './errors/download-errors.js';
export { SuspiciousPathError } from './errors/download-errors.js';
