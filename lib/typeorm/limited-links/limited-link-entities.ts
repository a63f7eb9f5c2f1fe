import { LimitedLinkGrant } from './limited-link-grant.entity.js';
import { LimitedLink } from './limited-link.entity.js';

/**
 * The entities of limited links, for `entities` of the DataSource: `[Document, ...limitedLinkEntities]`.
 *
 * @publicApi
 */
export const limitedLinkEntities = [LimitedLink, LimitedLinkGrant];
