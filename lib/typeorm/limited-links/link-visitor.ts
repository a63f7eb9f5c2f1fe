import { type DownloadRequest } from '../../controllers/download-request.js';
import { keepSignedLink } from '../../signing/signed-message.js';
import { type Awaitable } from '../../storages/awaitable.js';
import {
  clientHash,
  grantCookie,
  grantIdOf,
  randomId,
  shownGrants,
} from './client-marks.js';
import { type LimitedLink } from './limited-link.entity.js';
import { type LimitedLinks } from './limited-links.js';
import { type LinkVisit } from './grant-gate.js';
import { refuseLink } from './refuse-link.js';

/** What Express's and Fastify's requests know besides. */
type VisitRequest = DownloadRequest & {
  readonly baseUrl?: string;
  readonly protocol?: string;
};

/**
 * A link that a request came by, and the grant that its answer will be one of.
 *
 * @internal
 */
export interface VisitedLink {
  readonly link: LimitedLink;
  readonly grantId: string;
}

interface Look {
  readonly link: LimitedLink;
  readonly visit: LinkVisit;
}

// Each request looks once, however many of the controller's methods want to know.
const looks = new WeakMap<object, Promise<Look>>();

/**
 * One request for a limited link: which it is, and which use of it.
 *
 * @internal
 */
export class LinkVisitor {
  constructor(
    private readonly request: VisitRequest,
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

  /** The same, for an answer with the file: the gate will count it. */
  async visit(): Promise<VisitedLink> {
    const { link, visit } = await this.look();
    const { grantId = visit.fresh?.id ?? '' } = visit;
    keepSignedLink(this.request, {
      expires: this.links.uses.openUntil(link),
      presentation: {
        attachment: true,
        ...(link.basename !== null && { basename: link.basename }),
      },
      sharedCaches: false,
      noStore: true,
      gate: this.links.uses.gateFor(visit),
    });
    return { link, grantId };
  }

  /**
   * Counts a use whose file is asked for next.
   *
   * @returns where, relative to the address of this request
   * @throws InvalidSignatureError where no use is left
   */
  async confirm(
    link: LimitedLink,
  ): Promise<{ location: string; undo: () => void }> {
    const confirmed = await this.links.uses.confirm(link);
    if (!confirmed) return refuseLink(link.id, 'no use is left');
    const { token, undo } = confirmed;
    // The server in front may have taken a prefix away: the last segment is the same on both sides.
    const [last = ''] = this.#path().split('/').slice(-1);
    return { location: `./${last}/${token}`, undo };
  }

  async #visitOf(link: LimitedLink): Promise<LinkVisit> {
    const given = { linkId: link.id, headers: this.request.headers };
    const { store } = this.links.uses;
    const token = this.#token;
    const cookieFor = (id: string): string => this.#cookieFor(id, link);
    if (token !== undefined) {
      const grant = await store.findGrant(grantIdOf(token), link.id);
      if (!grant) return refuseLink(link.id, 'there is no such grant');
      return { ...given, cookieFor, grantId: grant.id, isShown: true };
    }
    const client = await this.#clientOf(link);
    const ids = shownGrants(this.request.headers);
    // Without a Range it is a new use of whoever shows nothing.
    const search =
      ids.length > 0 || this.#mayContinue
        ? { ids, client: this.#mayContinue ? client : null }
        : undefined;
    const grant = search && (await store.findOpen(link.id, search));
    if (!grant && link.state !== 'open') return refuseLink(link.id, link.state);
    const fresh = {
      id: randomId(),
      linkId: link.id,
      client,
      openUntil: this.links.uses.openUntil(link),
    };
    const isShown = grant ? ids.includes(grant.id) : false;
    return { ...given, cookieFor, search, fresh, grantId: grant?.id, isShown };
  }

  async #look(): Promise<Look> {
    const link = await this.#find();
    return { link, visit: await this.#visitOf(link) };
  }

  async #find(): Promise<LimitedLink> {
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

  /** What stands in the URL of a grant, behind that of its link. */
  get #token(): string | undefined {
    const { grant } = this.request.params;
    return grant?.toString();
  }

  async #clientOf(link: LimitedLink): Promise<string | null> {
    const client = await this.client();
    return client === undefined ? null : clientHash(link.id, client);
  }

  #path(withQuery = false): string {
    const { baseUrl = '', url } = this.request;
    const target = baseUrl + url;
    return withQuery ? target : target.replace(/[?#].*$/s, '');
  }

  #cookieFor(id: string, link: LimitedLink): string {
    const isSecure = this.request.protocol === 'https';
    return grantCookie(
      id,
      this.#path(),
      this.links.uses.secondsOf(link),
      isSecure,
    );
  }
}
