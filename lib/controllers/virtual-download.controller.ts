import { DownloadController } from './download.controller.js';

/**
 * Hands out what is made for the request: override `getFile()` and return a ContentFile or VirtualFile.
 *
 * ```ts
 * @Controller('hello.txt')
 * class HelloController extends VirtualDownloadController {
 *   getFile() {
 *     return new ContentFile('Hello world!\n', { name: 'hello.txt' });
 *   }
 * }
 * ```
 *
 * No server in front can send what it cannot read: the application sends it.
 *
 * @publicApi
 */
export abstract class VirtualDownloadController extends DownloadController {}
