import { type SelectQueryBuilder } from 'typeorm';

import { type Document } from './document.entity.js';
import { foldedName } from './names.js';

/** How many documents a page shows. */
export const PAGE_SIZE = 50;

/** What a list can be sorted by, and what that is called. */
export const SORTS = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  name: 'By name',
  largest: 'Largest first',
};

export type Sort = keyof typeof SORTS;

/** Which documents a page shows. */
export interface ListQuery {
  /** A part of the name; '' for all. */
  readonly search: string;
  /** '' for documents with any tags, or none. */
  readonly tag: string;
  readonly sort: Sort;
  /** From 1. */
  readonly page: number;
}

export interface DocumentList extends ListQuery {
  readonly documents: readonly Document[];
  /** How many there are on all pages. */
  readonly total: number;
  /** The tags that documents have, on whatever page. */
  readonly allTags: readonly string[];
}

const ORDER: Record<Sort, readonly [by: string, direction: 'ASC' | 'DESC']> = {
  newest: ['document.id', 'DESC'],
  oldest: ['document.id', 'ASC'],
  name: ['document.foldedName', 'ASC'],
  largest: ['document.size', 'DESC'],
};

/** The query of a URL; what is not understood counts as not there. */
export function listQuery(query: Readonly<Record<string, unknown>>): ListQuery {
  const { sort } = query;
  const page = Math.floor(Number(query.page));
  return {
    search: textOf(query.search),
    tag: textOf(query.tag),
    sort: isSort(sort) ? sort : 'newest',
    page: page >= 1 && page <= 1e6 ? page : 1,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.replaceAll('\0', '') : '';
}

function isSort(value: unknown): value is Sort {
  return typeof value === 'string' && Object.hasOwn(SORTS, value);
}

/** Only one page is asked of the database, however many documents there are. */
export async function selectPage(
  select: SelectQueryBuilder<Document>,
  query: ListQuery,
): Promise<Omit<DocumentList, 'allTags'>> {
  const { search, tag, sort, page } = query;
  if (search) {
    const name = containing(foldedName(search));
    select.andWhere(`document.foldedName LIKE :name ESCAPE '!'`, { name });
  }
  if (tag) {
    const tags = containing(`|${tag}|`);
    select.andWhere(`document.tags LIKE :tags ESCAPE '!'`, { tags });
  }
  const [documents, total] = await select
    .orderBy(...ORDER[sort])
    .addOrderBy('document.slug') // those that are alike, always the same way
    .offset((page - 1) * PAGE_SIZE)
    .limit(PAGE_SIZE)
    .getManyAndCount();
  return { ...query, documents, total };
}

function containing(part: string): string {
  return `%${part.replace(/[!%_]/g, '!$&')}%`;
}
