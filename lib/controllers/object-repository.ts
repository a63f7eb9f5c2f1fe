import { InvalidOptionsError } from '../errors/download-errors.js';
import { fieldOf } from './object-where.js';

/** Repositories whose findOne() means something else, by what nobody else has. */
const OTHER_LANGUAGES: readonly {
  readonly what: string;
  readonly methods: readonly string[];
  /** Of findOne(), after the conditions. */
  readonly options?: string;
}[] = [
  {
    what: 'a model of Mongoose',
    methods: ['findOneAndUpdate', 'hydrate'],
    options: `, null, { strictQuery: 'throw' }`,
  },
  {
    what: 'a repository of MikroORM',
    methods: ['findOneOrFail', 'nativeUpdate'],
  },
  {
    what: 'a collection of MongoDB',
    methods: ['findOneAndUpdate', 'insertOne', 'aggregate'],
  },
];

/**
 * Refuses a repository whose `findOne()` takes conditions in place of `{ where }`. A model of Mongoose drops
 * what it does not know: it would find the first document of all for every key and every owner.
 *
 * @throws InvalidOptionsError with what to write instead
 * @internal
 */
export function refuseOtherLanguages(owner: string, repository: object): void {
  const language = OTHER_LANGUAGES.find(({ methods }) =>
    methods.every(
      (method) => typeof Reflect.get(repository, method) === 'function',
    ),
  );
  if (!language) return;
  const { what, options = '' } = language;
  throw new InvalidOptionsError(
    `${owner}.repository`,
    what,
    `Its findOne() takes conditions, not { where: conditions }. Keep it in another property, documents, and override getObject():
async getObject(request: DownloadRequest) {
  return this.documents.findOne(await this.getWhere(request)${options});
}`,
  );
}

/**
 * What a TypeORM repository knows of its entity; others know nothing.
 *
 * @internal
 */
export interface EntityFields {
  readonly name: string;
  /** Names of properties that are columns, relations, embedded objects, or accessors of the class. */
  readonly names: ReadonlySet<string>;
  /** Columns whose values need not be in a row as the query has them: not selected, or transformed. */
  readonly changed: ReadonlySet<string>;
  /** Whether a listener may give rows further properties. */
  readonly areAll: boolean;
}

/**
 * The fields of the entity of a repository, where that knows them.
 *
 * @internal
 */
export function entityFields(repository: unknown): EntityFields | undefined {
  const metadata = fieldOf(repository, 'metadata');
  const name = fieldOf(metadata, 'name');
  if (typeof name !== 'string' || listOf(metadata, 'columns').length === 0) {
    return undefined;
  }
  const kinds = [metadata, ...listOf(metadata, 'childEntityMetadatas')];
  const columns = kinds.flatMap((kind) => listOf(kind, 'columns'));
  const properties = kinds.flatMap((kind) =>
    PROPERTY_LISTS.flatMap((list) => listOf(kind, list)),
  );
  return {
    name,
    names: new Set([
      ...properties.flatMap((property) => nameOf(property).slice(0, 1)),
      ...propertiesOfNew(repository),
    ]),
    changed: new Set(
      columns
        .filter(
          (column) =>
            fieldOf(column, 'isSelect') === false ||
            fieldOf(column, 'transformer') !== undefined,
        )
        .map((column) => nameOf(column).join('.')),
    ),
    areAll: ![...kinds, repository].some(mayBeFilledLater),
  };
}

const PROPERTY_LISTS = ['columns', 'relations', 'relationIds', 'embeddeds'];

/**
 * @throws InvalidOptionsError for a field that the entity does not have
 * @internal
 */
export function checkFields(
  owner: string,
  { name, names, areAll }: EntityFields,
  fields: Readonly<Record<string, string | undefined>>,
): void {
  if (!areAll) return;
  for (const [option, field] of Object.entries(fields)) {
    if (field === undefined || names.has(field)) continue;
    throw new InvalidOptionsError(
      `${owner}.${option}`,
      field,
      `${name} has no such field. It has ${[...names].join(', ')}.`,
    );
  }
}

function listOf(value: unknown, field: string): unknown[] {
  const list = fieldOf(value, field);
  return Array.isArray(list) ? list : [];
}

/** `['scan', 'pages']` of a column in an embedded object. */
function nameOf(property: unknown): string[] {
  const path =
    fieldOf(property, 'propertyPath') ?? fieldOf(property, 'propertyName');
  return typeof path === 'string' ? path.split('.') : [];
}

/** What the class has without its columns: accessors, methods, and fields that it initialises. */
function propertiesOfNew(repository: unknown): string[] {
  const names: string[] = [];
  for (
    let object: unknown = created(repository);
    typeof object === 'object' &&
    object !== null &&
    object !== Object.prototype;
    object = Object.getPrototypeOf(object)
  ) {
    names.push(...Object.getOwnPropertyNames(object));
  }
  return names.filter((name) => name !== 'constructor');
}

/** A constructor may want more than it gets. */
function created(repository: unknown): unknown {
  const create = fieldOf(repository, 'create');
  if (typeof create !== 'function') return undefined;
  try {
    return Reflect.apply(create, repository, []);
  } catch {
    return undefined;
  }
}

/** An entity by a method with @AfterLoad(), those of a repository by a subscriber. */
function mayBeFilledLater(holder: unknown): boolean {
  const manager = fieldOf(holder, 'manager');
  const dataSource =
    fieldOf(manager, 'dataSource') ?? fieldOf(manager, 'connection');
  return (
    listOf(holder, 'afterLoadListeners').length > 0 ||
    listOf(dataSource, 'subscribers').some(
      (subscriber) => typeof fieldOf(subscriber, 'afterLoad') === 'function',
    )
  );
}
