import {
  type BeforeApplicationShutdown,
  Inject,
  Logger,
  Module,
  type NestModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import {
  APP_INTERCEPTOR,
  HttpAdapterHost,
  ModulesContainer,
} from '@nestjs/core';

import {
  bootWarnings,
  checkController,
  foundControllers,
  isDownloadController,
  storageWarnings,
} from './controllers/found-controllers.js';
import {
  answerOtherMethodsOnExpress,
  answerOtherMethodsOnFastify,
  type ExpressApplication,
  type FastifyApplication,
} from './controllers/other-methods.js';
import { adaptPaths } from './routes/route-metadata.js';
import {
  DownloadValueInterceptor,
  hasDecoratedDownloads,
  registerLast,
} from './decorators/download.decorator.js';
import {
  ConfigurableModuleClass,
  OPTION_PROVIDERS,
  type OPTIONS_TYPE,
} from './download.module-definition.js';
import {
  type CheckedDownloadOptions,
  DOWNLOAD_OPTIONS,
} from './download.options.js';
import { InvalidOptionsError } from './errors/download-errors.js';
import { DownloadCompletions } from './completions/download-completions.js';
import { DownloadEvents } from './events/download-events.js';
import { TemporaryFiles } from './files/temporary-files.js';
import { DownloadExplainer } from './interceptors/download-explainer.js';
import { ConcurrentDownloads } from './interceptors/limits.js';
import { DownloadTracking } from './interceptors/download-tracking.js';
import { bindInterceptor } from './interceptors/bound-interceptor.js';
import { DownloadInterceptor } from './interceptors/download.interceptor.js';
import { watchReplies } from './interceptors/replies.js';
import { unreachableRoutes } from './routes/express-neighbours.js';
import { FastifyRoutes } from './routes/fastify-routes.js';
import {
  addressWarnings,
  askSignatureLast,
  hasSignedRoutes,
  type ProxyTrust,
} from './signing/signed-routes.js';
import { UrlSigner } from './signing/url-signer.js';
import { DownloadStorages } from './storages/download-storages.js';
import { RunningDownloads } from './streaming/connection.js';

/**
 * Downloads for the whole application.
 *
 * ```ts
 * DownloadModule.forRoot({
 *   backend: nginx({ rules: [{ sourceDir: '/srv/media/', destination: '/_offload/' }] }),
 *   storages: { default: new FileSystemStorage({ root: '/srv/media' }) },
 * })
 * ```
 *
 * `forRootAsync({ useFactory, inject, imports })` takes the options from other providers. Once per
 * application: a second one stops the boot.
 *
 * @publicApi
 */
@Module({
  providers: [
    ...OPTION_PROVIDERS,
    RunningDownloads,
    DownloadEvents,
    DownloadTracking,
    ConcurrentDownloads,
    DownloadExplainer,
    DownloadInterceptor,
    {
      provide: APP_INTERCEPTOR,
      // Nest skips what is undefined.
      useFactory: (
        { intercept }: CheckedDownloadOptions,
        interceptor: DownloadInterceptor,
      ): DownloadInterceptor | undefined =>
        intercept === 'all' ? interceptor : undefined,
      inject: [DOWNLOAD_OPTIONS, DownloadInterceptor],
    },
  ],
  exports: [
    DownloadStorages,
    UrlSigner,
    DownloadEvents,
    DownloadExplainer,
    TemporaryFiles,
  ],
})
export class DownloadModule
  extends ConfigurableModuleClass
  implements
    NestModule,
    OnModuleInit,
    OnApplicationBootstrap,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  readonly #logger = new Logger(DownloadModule.name);

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly modules: ModulesContainer,
    @Inject(DOWNLOAD_OPTIONS) private readonly options: CheckedDownloadOptions,
    private readonly running: RunningDownloads,
    private readonly completions: DownloadCompletions,
    private readonly temporaryFiles: TemporaryFiles,
    private readonly events: DownloadEvents,
    private readonly storages: DownloadStorages,
  ) {
    super();
    // Routes that are added before the application starts are to be seen, too.
    this.#fastifyRoutes();
  }

  /**
   * Downloads with these options.
   *
   * @param options none are needed: the application then sends every file itself
   * @throws InvalidOptionsError at boot, for options that are unknown or wrong
   */
  static override forRoot(
    options: typeof OPTIONS_TYPE = {},
  ): ReturnType<typeof ConfigurableModuleClass.forRoot> {
    requireObject('forRoot()', options, '{ storages: { ... } }');
    return super.forRoot(options);
  }

  /**
   * The same, with options from other providers.
   *
   * @param options `useFactory` with `inject` and `imports`, `useClass` or `useExisting`
   * @throws InvalidOptionsError at boot, for options that are unknown or wrong
   */
  static override forRootAsync(
    options: Parameters<typeof ConfigurableModuleClass.forRootAsync>[0],
  ): ReturnType<typeof ConfigurableModuleClass.forRootAsync> {
    requireObject('forRootAsync()', options, '{ useFactory, inject }');
    return super.forRootAsync(options);
  }

  /** Nest calls it before it registers the routes, which onModuleInit() is too late for. */
  configure(): void {
    const isFastify = this.#platform() === 'fastify';
    for (const { type } of foundControllers(this.modules)) {
      adaptPaths(type, isFastify);
    }
    const interceptor = new DownloadValueInterceptor(this.storages);
    for (const controller of this.#controllers()) {
      registerLast(controller, interceptor);
      askSignatureLast(controller);
    }
    if (this.options.intercept === 'downloads') this.#bindInterceptor();
    this.#fastifyRoutes();
  }

  /** Nest calls it after it has registered the routes, and before its own 404. */
  onModuleInit(): void {
    this.#refuseSecondModule();
    if (this.#platform() !== undefined) {
      watchReplies(this.adapterHost.httpAdapter, this.options);
    }
    const fastify = this.#fastifyRoutes();
    if (fastify) {
      answerOtherMethodsOnFastify(
        this.adapterHost.httpAdapter.getInstance<FastifyApplication>(),
        fastify.routes,
      );
    }
    if (this.#platform() === 'express') {
      answerOtherMethodsOnExpress(
        this.adapterHost.httpAdapter.getInstance<ExpressApplication>(),
      );
    }
  }

  /** The controllers have had their own onModuleInit() to set options in. */
  async onApplicationBootstrap(): Promise<void> {
    await this.completions.open();
    await this.temporaryFiles.open();
    const found = foundControllers(this.modules);
    found.forEach(checkController);
    const warnings = await bootWarnings(found, this.options.backend);
    for (const warning of [
      ...warnings,
      ...(await storageWarnings(this.options.storages)),
      ...this.#addressWarnings(),
      ...this.#unreachableRoutes(),
      ...temporaryFileWarnings(this.options),
    ]) {
      this.#logger.warn(warning);
    }
  }

  /** The server closes only after this: a download that never ends would keep it. */
  beforeApplicationShutdown(): Promise<void> {
    return this.running.finish(this.options.shutdownTimeout);
  }

  /** The last downloads are over now. */
  async onApplicationShutdown(): Promise<void> {
    await this.completions.close();
    this.temporaryFiles.close();
    this.events.complete();
  }

  #addressWarnings(): string[] {
    if (this.#platform() === undefined) return [];
    const platform = this.adapterHost.httpAdapter.getInstance<ProxyTrust>();
    const others = foundControllers(this.modules).flatMap(
      ({ instance }) => instance?.addressUse ?? [],
    );
    return addressWarnings(this.#controllers(), others, platform);
  }

  /** A test makes its application, and with it the adapter, only after this module. */
  #fastifyRoutes(): FastifyRoutes | undefined {
    return this.#platform() === 'fastify'
      ? FastifyRoutes.of(this.adapterHost.httpAdapter)
      : undefined;
  }

  #unreachableRoutes(): string[] {
    if (this.#platform() !== 'express') return [];
    const { router } =
      this.adapterHost.httpAdapter.getInstance<ExpressApplication>();
    return unreachableRoutes(router.stack);
  }

  #controllers(modules = [...this.modules.values()]): Type[] {
    return modules
      .flatMap(({ controllers }) => [...controllers.values()])
      .flatMap(({ metatype }) =>
        typeof metatype === 'function' ? [metatype as Type] : [],
      );
  }

  #bindInterceptor(): void {
    const modules = [...this.modules.values()];
    const interceptor = modules
      .find(({ metatype }) => metatype === DownloadModule)
      ?.providers.get(DownloadInterceptor);
    if (!interceptor) return;
    for (const module of modules) {
      for (const controller of this.#controllers([module])) {
        if (hasDownloads(controller)) {
          bindInterceptor(controller, module.injectables, interceptor);
        }
      }
    }
  }

  #platform(): string | undefined {
    // An application context without HTTP has no adapter, whatever the type says.
    const adapter: HttpAdapterHost['httpAdapter'] | undefined =
      this.adapterHost.httpAdapter;
    return adapter?.getType();
  }

  #refuseSecondModule(): void {
    const found = [...this.modules.values()].filter(
      ({ metatype }) => metatype === DownloadModule,
    );
    if (found.length < 2) return;
    throw new InvalidOptionsError(
      'DownloadModule.forRoot',
      `${found.length} times`,
      'Call forRoot or forRootAsync once per application; a backend of its own goes on a controller or handler.',
    );
  }
}

function hasDownloads(controller: Type): boolean {
  return (
    isDownloadController(controller) ||
    hasDecoratedDownloads(controller) ||
    hasSignedRoutes(controller)
  );
}

/** A file without a second life must not be removed before the server in front has opened it. */
function temporaryFileWarnings({
  backend,
  completions,
  temporaryFiles,
}: CheckedDownloadOptions): string[] {
  const isStreamed =
    temporaryFiles?.keepFor === 0 && !completions && backend.name !== 'stream';
  return isStreamed
    ? [
        `temporaryFiles.keepFor is 0, and without completions nobody says when ${backend.name} has sent a file: the application sends temporary files itself`,
      ]
    : [];
}

function requireObject(
  method: string,
  options: unknown,
  example: string,
): void {
  if (typeof options === 'object' && options !== null) return;
  throw new InvalidOptionsError(
    `DownloadModule.${method}`,
    options,
    `Give ${example}.`,
  );
}
