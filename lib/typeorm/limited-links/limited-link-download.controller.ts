import {
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Post,
  Req,
  Res,
  SetMetadata,
} from '@nestjs/common';

import { nameOfController } from '../../controllers/as-controller.js';
import { DownloadController } from '../../controllers/download.controller.js';
import { type DownloadRequest } from '../../http/download-request.js';
import {
  DOWNLOAD_ROUTE,
  FASTIFY_ROUTE_CONFIG,
} from '../../controllers/other-methods.js';
import {
  FileNotFoundError,
  InvalidOptionsError,
} from '../../errors/download-errors.js';
import { type DownloadFile } from '../../files/download-file.js';
import { clientName } from '../../responses/describe.js';
import { type DownloadResponse } from '../../responses/download-response.js';
import { ownAddress } from '../../signing/signed-url.guard.js';
import { type Awaitable } from '../../storages/awaitable.js';
import { platformResponse } from '../../streaming/response-head.js';
import { whenClosed } from '../../streaming/connection.js';
import { checkSharing } from './limited-link-options.js';
import { type LimitedLink } from './limited-link.entity.js';
import { LimitedLinks } from './limited-links.js';
import { withNonce } from './link-form.js';
import { pageAnswer, linkPage, type LimitedLinkPage } from './link-page.js';
import { LinkRequest, type UsedLink } from './link-request.js';
import { TaggedFile } from './link-uses.js';

type AnyResponse = Parameters<typeof platformResponse>[0];

/**
 * Hands out what limited links lead to. Extend it and say which file a link is for:
 *
 * ```ts
 * @Controller('shared/:link')
 * class SharedController extends LimitedLinkDownloadController {
 *   getSharedFile({ subject }: LimitedLink) {
 *     return new StorageFile(this.storages.get(), subject);
 *   }
 * }
 * ```
 *
 * GET shows a page that asks first, because mail scanners and previews GET, too; its button counts a use and
 * leads to the file. With `confirm = false`, for programs, GET is the download. HEAD, 304 and errors cost
 * nothing. One use is for one client, which its cookie, the tag of the file and the address behind the button show:
 * it may go on after an interruption and fetch several ranges at once, up to 16. In all it gets twice the size of the
 * file, and up to 16 MiB more for each of six connections that were lost: nobody tells what of those has arrived.
 *
 * A link that is used up, revoked, expired, changed or unknown is answered by the same 403. The file is
 * always an attachment that nobody keeps.
 *
 * @publicApi
 */
export abstract class LimitedLinkDownloadController extends DownloadController {
  /** Whether GET shows a page, whose form is the download. */
  confirm = true;

  @Inject(LimitedLinks)
  protected readonly limitedLinks!: LimitedLinks;

  /** @throws FileNotFoundError where there is no such file any more, which costs no use */
  abstract getSharedFile(
    link: LimitedLink,
    request: DownloadRequest,
  ): Awaitable<DownloadFile>;

  /** Whether a page asks before a use is counted; `confirm` by default. */
  getConfirm(
    _link: LimitedLink,
    _request: DownloadRequest,
  ): Awaitable<boolean> {
    return this.confirm;
  }

  /**
   * The page that asks first, as HTML. It needs `<form method="post">`, whose first field will be a hidden one
   * of the library, and may not have scripts. `continuedUntil` tells that this client has begun a use, with
   * which the form goes on.
   */
  getPage(page: LimitedLinkPage, _request: DownloadRequest): Awaitable<string> {
    return linkPage(page);
  }

  /**
   * Who a program is that shows neither cookie nor tag when it goes on: by default whoever has the same
   * address and user agent. Undefined is nobody: such programs then cannot go on. Behind a web server, tell
   * the application which proxy it may believe, as for `boundToIp`; where it believes none, who comes through
   * one is nobody, for all have its address.
   */
  getClient(request: DownloadRequest): Awaitable<string | undefined> {
    const address = ownAddress(request);
    return address && `${address} ${request.headers['user-agent'] ?? ''}`;
  }

  /** @internal */
  override get addressUse(): string | undefined {
    const { prototype } = LimitedLinkDownloadController;
    const asks = this.confirm && this.getConfirm === prototype.getConfirm;
    return asks || this.getClient !== prototype.getClient
      ? undefined
      : `getClient() of ${nameOfController(this.constructor)}`;
  }

  override checkOptions(parameters: readonly string[]): void {
    super.checkOptions(parameters);
    checkSharing(nameOfController(this.constructor), this, parameters);
  }

  /** The link itself: the page, or the file. */
  @Get()
  @SetMetadata(FASTIFY_ROUTE_CONFIG, DOWNLOAD_ROUTE)
  override async handleDownload(
    @Req() request: DownloadRequest,
    @Res({ passthrough: true }) response?: AnyResponse,
  ): Promise<DownloadResponse> {
    const linkRequest = this.#linkRequest(request);
    const { link } = await linkRequest.look();
    if (!(await this.getConfirm(link, request))) {
      return this.#limitedDownload(request);
    }
    if (!response) {
      throw new InvalidOptionsError(
        `${nameOfController(this.constructor)}.handleDownload`,
        'no response',
        'Pass it on: super.handleDownload(request, response). Or override download(request) instead.',
      );
    }
    const { name, size } = await this.#factsOf(link, request);
    const continuedUntil = await linkRequest.continuedUntil(link, size);
    const page = { name, size, link, continuedUntil };
    const html = await this.getPage(page, request);
    return pageAnswer(withNonce(html), platformResponse(response));
  }

  /**
   * The button of the page: counts a use, and leads to the file. Pressed once more, it leads the same client to
   * the same use.
   */
  @Post()
  @HttpCode(HttpStatus.SEE_OTHER)
  @SetMetadata(FASTIFY_ROUTE_CONFIG, DOWNLOAD_ROUTE)
  async handleConfirmation(
    @Req() request: DownloadRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<DownloadResponse> {
    const linkRequest = this.#linkRequest(request);
    const form = await linkRequest.form();
    const { size } = await this.#factsOf(form.link, request);
    const { location, cookie, undo } = await linkRequest.confirm(form, size);
    const platform = platformResponse(response);
    const { raw } = platform;
    whenClosed(raw, () => {
      // Something else may have answered in place of this. A client that left may send its form once more.
      const isKept = raw.headersSent
        ? raw.statusCode === 303
        : form.named !== undefined;
      if (!isKept) undo?.();
    });
    platform.setHeader('Location', location);
    platform.addCookie(cookie);
    return pageAnswer('<!doctype html><p>The download begins.</p>\n', platform);
  }

  /** What a use leads to: the file, by an address that nobody can guess. */
  @Get(':grant')
  @SetMetadata(FASTIFY_ROUTE_CONFIG, DOWNLOAD_ROUTE)
  handleGrant(@Req() request: DownloadRequest): Promise<DownloadResponse> {
    return this.#limitedDownload(request);
  }

  override async getFile(request: DownloadRequest): Promise<DownloadFile> {
    const used = await this.#linkRequest(request).forDownload();
    const file = await this.getSharedFile(used.link, request);
    return new TaggedFile(file, used.useId);
  }

  /** Checked and counted also where download() is overridden and asks for no file of ours. */
  async #limitedDownload(request: DownloadRequest): Promise<DownloadResponse> {
    await this.#linkRequest(request).forDownload();
    return this.download(request);
  }

  #linkRequest(request: DownloadRequest): LinkRequest {
    return new LinkRequest(request, this.limitedLinks, () =>
      this.getClient(request),
    );
  }

  async #factsOf(
    link: UsedLink['link'],
    request: DownloadRequest,
  ): Promise<{ name: string; size?: number }> {
    try {
      const file = await this.getSharedFile(link, request);
      const stat = await file.stat();
      file.discard?.();
      const basename = link.basename ?? (await this.getBasename(file, request));
      return { name: clientName(file, { basename }, stat), size: stat.size };
    } catch (error) {
      if (error instanceof FileNotFoundError) this.fileNotFound(error, request);
      throw error;
    }
  }
}
