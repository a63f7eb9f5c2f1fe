import { type DownloadRequest } from '../../http/download-request.js';
import { refusePassedNeighbours } from '../../routes/requested-path.js';
import { signedLinks } from '../../signing/signed-message.js';
import { type Awaitable } from '../../storages/awaitable.js';
import {
  clientHash,
  useCookie,
  useIdOf,
  randomId,
  shownUses,
  shownTokens,
  tokenOf,
} from './client-marks.js';
import { type LimitedLink } from './limited-link.entity.js';
import { type LimitedLinks } from './limited-links.js';
import { type RequestedUse } from './link-limiter.js';
import { nonceOf } from './link-form.js';
import { refuseLink } from './refuse-link.js';

/** What Express's and Fastify's requests know besides. */
type PlatformRequest = DownloadRequest & {
  readonly baseUrl?: string;
  readonly protocol?: string;
};

/**
 * A link that a request came by, and the use that its answer will be one of.
 *
 * @internal
 */
export interface UsedLink {
  readonly link: LimitedLink;
  readonly useId: string;
}

/**
 * The form of the page, as a client sends it.
 *
 * @internal
 */
export interface LinkForm {
  readonly link: LimitedLink;
  /** What leads to the uses that the client has begun, as it says. */
  readonly shown: readonly string[];
  /** What leads to the use of this form, whichever time it is sent; none where the form has no nonce. */
  readonly named?: string;
}

/**
 * What the button of the page leads to.
 *
 * @internal
 */
export interface Confirmation {
  /** Where the file is, relative to the address of this request. */
  readonly location: string;
  readonly cookie: string;
  /** Takes the use back where it has only just been counted. */
  readonly undo?: () => void;
}

interface Look {
  readonly link: LimitedLink;
  readonly use: RequestedUse;
}

// Each request looks once, however many of the controller's methods want to know.
const looks = new WeakMap<object, Promise<Look>>();

/**
 * One request for a limited link: which it is, and which use of it.
 *
 * @internal
 */
export class LinkRequest {
  constructor(
    private readonly request: PlatformRequest,
    private readonly links: LimitedLinks,
    private readonly client: () => Awaitable<string | undefined>,
  ) {}

  /**
   * Whether this client may still have the file by it; nothing is counted.
   *
   * @throws InvalidSignatureError where it may not
   */
  look(): Promise<Look> {
    const known = looks.get(this.request) ?? this.#look();
    looks.set(this.request, known);
    return known;
  }

  /** The same, for an answer with the file: the limiter will count it. */
  async forDownload(): Promise<UsedLink> {
    const { link, use } = await this.look();
    const { useId = use.fresh?.id ?? '' } = use;
    signedLinks.set(this.request, {
      id: link.id,
      expires: this.links.tracker.openUntil(link),
      presentation: {
        attachment: true,
        ...(link.basename !== null && { basename: link.basename }),
      },
      sharedCaches: false,
      noStore: true,
      limiter: this.links.tracker.limiterFor(use),
    });
    return { link, useId };
  }

  /**
   * Until when this client may go on with a use that it has begun.
   *
   * @param size bytes of the file, where they are known
   * @throws InvalidSignatureError where it has none, and none is left
   */
  async continuedUntil(
    link: LimitedLink,
    size: number | undefined,
  ): Promise<Date | undefined> {
    const shown = shownTokens(this.request.headers, link.id);
    const until = await this.links.tracker.continued(link, shown, size);
    if (until || link.state === 'open') return until;
    return refuseLink(link.id, link.state);
  }

  /**
   * Who sends the form of the page.
   *
   * @throws InvalidSignatureError where no use is left, and none is this client's
   */
  async form(): Promise<LinkForm> {
    const link = await this.#find();
    const nonce = await nonceOf(this.request);
    const shown = shownTokens(this.request.headers, link.id);
    const named = nonce && tokenOf(link.id, nonce);
    const form = { link, shown, named };
    if (link.state === 'open') return form;
    const ids = (named ? [...shown, named] : shown).map(useIdOf);
    const search = { ids, client: null };
    const own = await this.links.tracker.store.findOpen(link.id, search);
    return own ? form : refuseLink(link.id, link.state);
  }

  /**
   * Counts a use whose file is asked for next, unless this client goes on with one.
   *
   * @param size bytes of the file, where they are known
   * @throws InvalidSignatureError where no use is left
   */
  async confirm(
    { link, shown, named }: LinkForm,
    size: number | undefined,
  ): Promise<Confirmation> {
    const clientName = keptName(await this.#clientName());
    const use = { shown, named, size, clientName };
    const begun = await this.links.tracker.confirm(link, use);
    if (!begun) return refuseLink(link.id, 'no use is left');
    const { token, openUntil, undo } = begun;
    // The server in front may have taken a prefix away: the last segment is the same on both sides.
    const [last = ''] = this.#path().split('/').slice(-1);
    return {
      location: `./${last}/${token}`,
      cookie: this.#cookieFor(token, link, openUntil),
      undo,
    };
  }

  async #useOf(link: LimitedLink): Promise<RequestedUse> {
    const given = { linkId: link.id, headers: this.request.headers };
    const { store } = this.links.tracker;
    const token = this.#token;
    if (token !== undefined) {
      const use = await store.findUse(useIdOf(token), link.id);
      if (!use) return refuseLink(link.id, 'there is no such use');
      return { ...given, useId: use.id, isShown: true };
    }
    const clientName = await this.#clientName();
    const client = clientName && clientHash(link.id, clientName);
    const ids = shownUses(this.request.headers, link.id);
    // Without a Range it is a new use of whoever shows nothing.
    const search =
      ids.length > 0 || this.#mayContinue
        ? { ids, client: this.#mayContinue ? client : null }
        : undefined;
    const use = search && (await store.findOpen(link.id, search));
    if (!use && link.state !== 'open') return refuseLink(link.id, link.state);
    const fresh = this.#freshFor(link, client, clientName);
    const isShown = use ? ids.includes(use.id) : false;
    return { ...given, ...fresh, search, useId: use?.id, isShown };
  }

  #freshFor(
    link: LimitedLink,
    client: string | null,
    clientName: string | null,
  ): Pick<RequestedUse, 'fresh' | 'cookie'> {
    const token = randomId();
    const openUntil = this.links.tracker.openUntil(link);
    return {
      fresh: {
        id: useIdOf(token),
        linkId: link.id,
        client,
        clientName: keptName(clientName),
        openUntil,
      },
      cookie: this.#cookieFor(token, link, openUntil),
    };
  }

  async #look(): Promise<Look> {
    const link = await this.#find();
    return { link, use: await this.#useOf(link) };
  }

  async #find(): Promise<LimitedLink> {
    refusePassedNeighbours(this.request);
    const { link: id } = this.request.params;
    if (this.#token === undefined) this.links.verify(this.#path(true));
    const link = await this.links.find(String(id));
    if (!link) return refuseLink(String(id), 'there is no such link');
    if (link.revokedAt) return refuseLink(link.id, 'it was revoked');
    return link;
  }

  get #mayContinue(): boolean {
    const { method, headers } = this.request;
    return method === 'HEAD' || headers.range !== undefined;
  }

  /** What stands in the URL of a use, behind that of its link. */
  get #token(): string | undefined {
    const { grant } = this.request.params;
    return grant?.toString();
  }

  async #clientName(): Promise<string | null> {
    // An empty name is nobody's.
    return (await this.client()) || null;
  }

  #path(withQuery = false): string {
    const { baseUrl = '', url } = this.request;
    const target = baseUrl + url;
    return withQuery ? target : target.replace(/[?#].*$/s, '');
  }

  #cookieFor(token: string, link: LimitedLink, openUntil: number): string {
    const { protocol, headers } = this.request;
    // Whoever says so without need keeps a cookie from nobody but himself.
    const forwarded = headers['x-forwarded-proto']?.toString() ?? '';
    return useCookie(link.id, token, {
      seconds: this.links.tracker.secondsUntil(openUntil),
      isSecure: protocol === 'https' || /^https\b/i.test(forwarded),
    });
  }
}

/** As much of it as the database keeps, and nothing that it does not take. */
function keptName(name: string | null): string | null {
  return name && name.slice(0, 255).replace(/\0|\p{Cs}/gu, '\ufffd');
}
